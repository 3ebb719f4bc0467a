"""What a ticket is worth: certified errors and accuracies, beside its control."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from slth import frames
from slth.networks.architectures import read_layers
from slth.networks.data import DataSet
from slth.networks.storage import load_network, load_networks
from slth.progress import track
from slth.settings.networks import Network
from slth.studies.job import Job
from slth.studies.searching import search_on
from slth.studies.tickets.train import data_of
from slth.supnorm import agreement, bracket
from slth.tickets.effective import merged_kernels
from slth.tickets.measure import largest_gap, outputs, share_right

Search = Mapping[str, Any]
Networks = dict[str, nn.Sequential]
Shape = tuple[int, int, int]
BALLS = 500  # held-out images around which decisions are proved, the first, at most


def measure_tickets(
    target: nn.Sequential,
    networks: Networks,
    rows: pd.DataFrame,
    network: Network,
    search: Search,
    seed: int,
    device: str = "cpu",
    folder: str | None = None,
) -> pd.DataFrame:
    """Add bracket, data-set error, accuracies of ticket and control, and decisions to ``rows``.

    control_lower: the control's data-set error, a lower bound of its sup norm. certified, refuted,
    certified_target: shares of the balls where both networks are proved to keep the target's
    decision, where an input with another decision was met, and where the target is proved to.
    search: the ``bracket`` section of the config, the work of the lower bound. device: of that
    search, "auto" for a GPU where there is one; its log and the rows say which.
    """
    search = search_on(search, device)
    data = data_of(network, seed, folder)
    label = f"{rows['arm'].iloc[0]}: brackets"
    measured = [
        _measure(target, networks[f"{n}-ticket"], networks[f"{n}-control"], data, search, seed)
        | _decisions(target, networks[f"{n}-ticket"], data, network.radius, seed)
        for n in track(rows["n"], len(rows), label)
    ]
    depth = sum(not layer.dense for layer in read_layers(target))
    return pd.concat([rows, pd.DataFrame(measured)], axis=1).assign(
        depth=depth, device=search["device"]
    )


def one_layer_error(target: Tensor, plus: Tensor, minus: Tensor) -> float:
    """Exact sup over [−1, 1] inputs of ‖K ∗ x − (K⁺ ∗ x⁺ + K⁻ ∗ x⁻)‖_max for one convolution.

    With A = K − K⁺ and B = K + K⁻ (each (c_out, c_in, k, k)), an entry x of the receptive field
    adds A x⁺ − B x⁻, between −max(−A, B, 0) and max(A, −B, 0). The largest sums belong to a
    receptive field inside the image, so the image must be at least as large as the kernel.
    """
    A, B = (target - plus).flatten(1), (target + minus).flatten(1)
    zero = torch.zeros_like(A)
    rise = torch.maximum(torch.maximum(A, -B), zero).sum(dim=1)
    fall = torch.maximum(torch.maximum(-A, B), zero).sum(dim=1)
    return float(torch.maximum(rise, fall).max())


def _measure(
    target: nn.Sequential,
    ticket: nn.Sequential,
    control: nn.Sequential,
    data: DataSet,
    search: Search,
    seed: int,
) -> dict[str, Any]:
    images, labels = data.held_out_images, data.held_out_labels
    shape = data.input_shape
    found = bracket(target, ticket, input_shape=shape, seed=seed, **search)
    # each network meets the images once: a wide one takes seconds
    seen = {
        name: outputs(network, images)
        for name, network in (("target", target), ("ticket", ticket), ("control", control))
    }
    accuracies = {f"accuracy_{name}": share_right(values, labels) for name, values in seen.items()}
    return {
        "lower": found.lower,
        "upper": found.upper,
        "method": found.method,
        "closed_form": found.bounds["closed_form"],
        "differential": found.bounds["differential"],
        "data_error": largest_gap(target=seen["target"], ticket=seen["ticket"]),
        "target_scale": float(seen["target"].abs().max()),
        **accuracies,
        **_first_layer(target, ticket, shape, search, seed),
        "control_lower": largest_gap(target=seen["target"], ticket=seen["control"]),
        "held_out": len(labels),
    }


def _decisions(
    target: nn.Sequential, ticket: nn.Sequential, data: DataSet, radius: float | None, seed: int
) -> dict[str, Any]:
    """Shares of held-out images all around which decisions are proved or refuted."""
    if radius is None:
        return {}
    points = data.held_out_images[:BALLS].double()
    found = agreement(target, ticket, points, radius, box=(-1.0, 1.0), steps=None, seed=seed)
    return {
        "radius": radius,
        "balls": len(points),
        "certified": float(found.certified.mean()),
        "refuted": float(found.refuted.mean()),
        "certified_target": float(found.alone.mean()),
    }


def _first_layer(
    target: nn.Sequential, ticket: nn.Sequential, shape: Shape, search: Search, seed: int
) -> dict[str, float]:
    """Bracket of the first convolution alone, before its ReLU, beside the exact formula."""
    f, g = target[:1], ticket[:3]  # Conv2d; ChannelScale, ReLU, Conv2d
    found = bracket(f, g, input_shape=shape, seed=seed, **search)
    weight = read_layers(f)[0].weight
    exact = one_layer_error(weight, *merged_kernels(ticket[0], ticket[2], weight.shape))
    return {"layer_lower": found.lower, "layer_upper": found.upper, "exact": exact}


def run(job: Job) -> None:
    """Certified errors and accuracies of an arm's replicates."""
    p, target = job.params, load_network(job.input.target)
    made = frames.read(job.input.rows, "constructed tickets")
    how = (Network(**p.network), p.bracket, p.seed, p.device, p.folder)
    rows = []
    for r, own in made.groupby("replicate", sort=True):
        networks = load_networks(job.input.networks, str(r))
        rows.append(measure_tickets(target, networks, own.reset_index(drop=True), *how))
    frames.write(job.output[0], pd.concat(rows, ignore_index=True), "measured tickets")
