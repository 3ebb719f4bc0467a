"""Time tickets of one trained network at equal error on held-out images, as they can be stored.

A VGG is trained on 4000 digits of `mnist-5k`. Tickets of all its layers are built at each
granularity; of some n, that whose error on held-out images is nearest to ERROR is taken. It is
stored as the pruned random network without the hidden channels of which nothing is kept (shrunk;
what is removed inside a channel is a stored zero), and with its kernels compressed by rows (csr,
where a channel has zeros). All forms run in turn in every round, on one thread; a ratio is to the
trained network's time in the same round, its batch norms folded into its convolutions.
"""

import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from benchmarks.real_nets import trained
from benchmarks.timing import compressed, quartiles, stored, timed
from slth import networks, tickets
from slth.tickets import EmptySubsetWarning
from slth.tickets.whole.literal import PrunedLayer

NETWORK, DATA, SEED, IMAGES = "vgg", "mnist-5k", 0, 120
ERROR = 0.06  # over the target's largest output, on held-out images
CLOSE = 1e-3  # of the largest output: what float32 may change
Row = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """sizes: n to try, by granularity. rounds: by batch, how often every form is timed."""

    sizes: dict[str, tuple[int, ...]]
    rounds: dict[int, int]
    epochs: int = 15


FULL = Setting(
    {
        "entry": (12, 13, 14, 15),
        "kernel": (90, 100, 110, 120),
        "block": (170, 200, 230, 260),
        "filter": (2800, 3000, 3200, 3400),
    },
    {1: 15, 16: 5},
)
QUICK = Setting({"entry": (4, 6), "filter": (20,)}, {1: 3, 3: 2}, epochs=1)


class CsrLayer(nn.Module):
    """A layer of a ticket whose V is compressed by rows; an image at a time."""

    def __init__(self, layer: PrunedLayer) -> None:
        super().__init__()
        channel, factor, constant, weight = layer.hidden(0)
        self.dense, self.geometry, self.size = layer.dense, layer.geometry, weight.shape[2:]
        self.matrix = compressed(weight.detach())
        self.register_buffer("channel", channel)
        self.register_buffer("factor", factor)
        self.register_buffer("constant", constant)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, c_in, …) to (batch, c_out, …)."""
        shape = (-1, *(1,) * (x.ndim - 2))
        seen = x.index_select(1, self.get_buffer("channel"))
        factor, constant = (self.get_buffer(key).view(shape) for key in ("factor", "constant"))
        hidden = torch.relu(seen * factor + constant)
        if self.dense:
            return (self.matrix @ hidden.T).T
        return torch.cat([self._image(one) for one in hidden.split(1)])

    def _image(self, hidden: Tensor) -> Tensor:
        stride, padding, dilation = self.geometry
        columns = F.unfold(hidden, self.size, dilation, padding, stride)[0]
        sides = [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, p, d, k, s in zip(
                hidden.shape[2:], padding, dilation, self.size, stride, strict=True
            )
        ]
        return (self.matrix @ columns).view(1, -1, *sides)


def measure(setting: Setting) -> Iterator[Row]:
    """Rows of every form and batch; the trained network is the granularity "network"."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    data = networks.load_data_set(DATA, held_out=0.2)
    x, held = (data.train_images + 1) / 2, (data.held_out_images + 1) / 2
    module = trained(NETWORK, x, data.train_labels, setting.epochs)
    forms: list[tuple[nn.Module, Row]] = []
    for granularity, sizes in setting.sizes.items():
        ticket, error = at_equal_error(module, x, held, granularity, sizes)
        wanted = ticket.outputs(held[:8])
        if not forms:
            accuracy = ticket.target_outputs(held).argmax(1) == data.held_out_labels
            forms.append(
                _form(
                    folded(module), ticket.target_outputs(held[:8]), held, granularity="network",
                    n=0, form="network", weights=ticket.parameters["target"], error=0.0,
                    accuracy=float(accuracy.double().mean()),
                )
            )  # fmt: skip
        small = copy.deepcopy(ticket.ticket).float()
        kept = {
            "granularity": granularity, "n": ticket.settings["n"], "error": error,
            "weights": ticket.parameters["kept"],
            "accuracy": ticket.accuracy(held, data.held_out_labels),
        }  # fmt: skip
        forms.append(_form(small, wanted, held, form="shrunk", **kept))
        if granularity != "filter":
            forms.append(_form(by_rows(small), wanted, held, form="csr", **kept))
        print(f"{NETWORK}, {granularity}, n = {kept['n']}: error {error:.3f}", flush=True)
    for batch, rounds in setting.rounds.items():
        images = held[:batch].float()
        for made, _ in forms:
            timed(made, images)
        seconds = np.array([[timed(made, images) for made, _ in forms] for _ in range(rounds)])
        found = quartiles(seconds / batch, 0).T.tolist()
        for (_, row), values in zip(forms, found, strict=True):
            timings = dict(zip(("seconds", "low", "ratio", "high"), values, strict=True))
            yield {**row, "batch": batch, "threads": 1, "repeats": rounds, **timings}
    torch.set_num_threads(before)


def at_equal_error(
    module: nn.Module, x: Tensor, held: Tensor, granularity: str, sizes: tuple[int, ...]
) -> tuple[tickets.WholeTicket, float]:
    """The ticket, and its error, of the n whose error is nearest to ERROR by its ratio to it."""
    draws = torch.Generator().manual_seed(SEED)
    images = x[torch.randperm(len(x), generator=draws)[:IMAGES]]
    found: list[tuple[tickets.WholeTicket, float]] = []
    for n in sizes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EmptySubsetWarning)
            made = tickets.build(
                "structured_convolution", module, n=n, seed=SEED, threads=1, images=images,
                granularity=granularity, gain="reach", targets="feedback",
                nonnegative_input=True, example=x[:1],
            )  # fmt: skip
        assert isinstance(made, tickets.WholeTicket)
        found.append((made, float(made.error(held).relative)))
    return min(found, key=lambda pair: abs(np.log(pair[1] / ERROR)))


def folded(module: nn.Module) -> nn.Module:
    """A chain with its batch norms in its convolutions, in float32."""
    parts: list[nn.Module] = []
    for part in copy.deepcopy(module).eval().float().children():
        if isinstance(part, nn.BatchNorm2d):
            convolution = parts.pop()
            assert isinstance(convolution, nn.Conv2d)
            parts.append(fuse_conv_bn_eval(convolution, part))
        else:
            parts.append(part)
    return nn.Sequential(*parts)


def by_rows(ticket: nn.Module) -> nn.Module:
    """A copy of a ticket with V of every layer compressed by rows."""
    made = copy.deepcopy(ticket)
    for name, part in list(made.named_modules()):
        if isinstance(part, PrunedLayer):
            path, _, last = name.rpartition(".")
            setattr(made.get_submodule(path), last, CsrLayer(part))
    return made


def _form(module: nn.Module, wanted: Tensor, held: Tensor, **row: Any) -> tuple[nn.Module, Row]:
    """A form to time, which must compute what the ticket says, and its row so far."""
    module = module.requires_grad_(False).eval()
    apart = (module(held[:8].float()) - wanted).abs().max() / wanted.abs().max()
    if not float(apart) < CLOSE:
        raise ArithmeticError(f"{row['form']}, {row['granularity']}: outputs differ by {apart:.1e}")
    return module, {"network": NETWORK, "data": DATA, "stored": stored(module), **row}
