"""Tickets of four real networks on MNIST: python -m benchmarks.real_networks [--only NAME …].

Trains LeNet, a VGG, a ResNet and a MobileNet on 4000 of the digits of `mnist-5k`, cuts tickets of
them, every layer, bias and readout imitated, and prints agreement with the target on the 1000
others, accuracies, the error over the target's largest output, kept weights per weight, and
processor seconds of `build` on one thread (reading the module and drawing the source included).
Compiled code is warmed up before. The bars are those of the prototype that the builds took over
from.
"""

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from benchmarks.real_nets import NETWORKS, trained
from slth import networks, tickets
from slth.tickets import EmptySubsetWarning

IMAGES = 120  # that feedback looks at


class Case(NamedTuple):
    """A build, and the agreement and seconds to reach."""

    network: str
    n: int
    options: dict[str, Any]
    agreement: float
    seconds: float


FEEDBACK = {"targets": "feedback"}
CASES = (
    Case("vgg", 200, {"granularity": "kernel", "gain": "reach", **FEEDBACK}, 0.99, 1.0),
    Case("resnet", 20_000, {"granularity": "filter", "gain": "reach", **FEEDBACK}, 0.99, 13.0),
    Case("mobilenet", 10_000, {"granularity": "filter", "gain": "reach", **FEEDBACK}, 0.99, 4.0),
    Case("lenet", 1000, {"granularity": "block", "gain": "reach"}, 0.995, 3.4),
)


def main() -> None:
    """Train, build, print a table; with --out write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--trained", type=Path, help="folder of weights, kept between calls")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", EmptySubsetWarning)
    data = networks.load_data_set("mnist-5k", held_out=0.2)
    x, held = (data.train_images + 1) / 2, (data.held_out_images + 1) / 2
    rows: list[dict[str, Any]] = []
    for case in CASES:
        if case.network not in asked.only:
            continue
        module = _module(case.network, x, data.train_labels, asked.trained)
        _build(case, module, x, 0, n=20)
        for seed in range(asked.seeds):
            start = time.process_time()
            ticket = _build(case, module, x, seed, n=case.n)
            seconds = time.process_time() - start
            rows.append(_row(case, seed, ticket, held, data.held_out_labels, seconds))
            print(_line(rows[-1], case), flush=True)
    if asked.out:
        asked.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _module(name: str, x: Tensor, labels: Tensor, folder: Path | None) -> nn.Module:
    kept = folder / f"{name}.pt" if folder else None
    if kept and kept.is_file():
        module = NETWORKS[name]()
        module.load_state_dict(torch.load(kept, weights_only=True))
        return module.eval()
    module = trained(name, x, labels)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        torch.save(module.state_dict(), kept)
    return module


def _build(case: Case, module: nn.Module, x: Tensor, seed: int, n: int) -> tickets.WholeTicket:
    images = None
    if case.options.get("targets", "plain") != "plain":
        draws = torch.Generator().manual_seed(seed)
        images = x[torch.randperm(len(x), generator=draws)[:IMAGES]]
    made = tickets.build(
        "structured_convolution", module, n=n, seed=seed, threads=1, images=images,
        nonnegative_input=True, example=x[:1], **case.options,
    )  # fmt: skip
    assert isinstance(made, tickets.WholeTicket)
    return made


def _row(
    case: Case, seed: int, ticket: tickets.WholeTicket, held: Tensor, labels: Tensor, seconds: float
) -> dict[str, Any]:
    counts = ticket.parameters
    target = ticket.target_outputs(held).argmax(1)
    return {
        "network": case.network,
        "n": case.n,
        **case.options,
        "seed": seed,
        "agreement": ticket.agreement(held).mean,
        "accuracy_target": float((target == labels).double().mean()),
        "accuracy_ticket": ticket.accuracy(held, labels),
        "relative_error": ticket.error(held).relative,
        "weights": counts["target"],
        "kept_per_weight": counts["kept"] / counts["target"],
        "source_per_weight": counts["source"] / counts["target"],
        "seconds": seconds,
    }


def _line(row: dict[str, Any], case: Case) -> str:
    reached = row["agreement"] >= case.agreement, row["seconds"] <= case.seconds
    return (
        f"{row['network']:<10} n = {row['n']:<6} {row['granularity']:<7} seed {row['seed']}  "
        f"agreement {row['agreement']:.3f} (bar {case.agreement}: {reached[0]})  "
        f"accuracy {row['accuracy_target']:.3f} → {row['accuracy_ticket']:.3f}  "
        f"error {row['relative_error']:.4f}  kept a weight {row['kept_per_weight']:.0f}  "
        f"{row['seconds']:.2f} s (bar {case.seconds}: {reached[1]})"
    )


if __name__ == "__main__":
    main()
