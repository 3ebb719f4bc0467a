"""The error sandwich: brackets beside their peers, on random pairs and on the paper's tickets.

Rows by ``part``: `pair` (a random pair, every bound, probes against the least), `small` (a pair
that the mixed-integer program solves), `ticket` (one ticket an arm, with splitting), `curve`
(every ticket of the run, with the theorem's bound) and `public` (a public pair, from a file).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from torch import nn

from slth import frames
from slth.networks.storage import load_network, load_networks
from slth.progress import track
from slth.studies.job import Job
from slth.studies.sandwich.pairs import Drawn, draw_pair, draw_small, largest_probe
from slth.studies.sandwich.public import read_public
from slth.studies.sandwich.settings import Settings
from slth.studies.searching import search_on
from slth.supnorm import Bracket, bracket, exact

Search = Mapping[str, Any]
Arm = tuple[Mapping[str, Any], nn.Module, Mapping[str, nn.Module]]
BOUNDS = (
    "closed_form", "separate", "crown", "differential", "zonotope", "lagrangian", "branching",
    "input_splitting",
)  # fmt: skip
SPLITTING = ("branching", "input_splitting")
TOLERANCE = 1e-6  # of HiGHS's rows, which the exact value of a small pair is good to


def sandwich_pairs(
    settings: Settings, search: Search, seed: int, shard: int, device: str = "cpu"
) -> pd.DataFrame:
    """Rows of the random pairs of one shard, and of its small pairs.

    settings: the ``sandwich`` section of the config. search: its ``bracket`` section, less the
    restarts, which the pairs have their own of. Pair (network, eps) and small pair belong to the
    shard that their number has modulo the shards. The pair at the middle eps is split, since
    tightness hardly depends on eps. device: of the searches, "auto" for a GPU where there is one;
    the log and the rows say which.
    """
    cells = [(i, eps) for i in range(settings.networks) for eps in settings.eps]
    if not cells:
        return pd.DataFrame()
    search = search_on({**search, "restarts": settings.restarts}, device)
    own = cells[shard :: settings.shards]
    rows = [
        _pair(settings, search, seed, network, eps)
        for network, eps in track(own, len(own), "sandwich: pairs")
    ]
    rows += [_small(search, seed, index) for index in range(shard, settings.small, settings.shards)]
    key = {"experiment": "sandwich", "seed": seed, "device": search["device"]}
    return pd.DataFrame([key | row for row in rows])


def measure_sandwich(
    pairs: pd.DataFrame,
    tickets: pd.DataFrame,
    networks: pd.DataFrame,
    arms: Sequence[Arm],
    settings: Settings,
    search: Search,
    seed: int,
    device: str = "cpu",
    public: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Stack the pairs' rows, a row per ticket of the run, and one bracket with splitting an arm.

    arms: settings, target and the networks of one replicate of every arm; the ticket of the middle
    of its sizes is bracketed. tickets, networks: the collected tables. device: as in
    `sandwich_pairs`. public: rows of public pairs.
    """
    search = search_on(search, device)
    rows = [
        _ticket(arm, target, built, networks, search, seed, settings)
        for arm, target, built in track(arms, len(arms), "sandwich: tickets")
    ]
    if not settings.networks:
        return pd.DataFrame()
    public = pd.DataFrame() if public is None else public
    parts = [pairs, pd.DataFrame(rows), curves(tickets, networks), public]
    return pd.concat([part for part in parts if not part.empty], ignore_index=True)


def _ticket(
    arm: Mapping[str, Any],
    target: nn.Module,
    built: Mapping[str, nn.Module],
    networks: pd.DataFrame,
    search: Search,
    seed: int,
    settings: Settings,
) -> dict[str, Any]:
    n = sorted(arm["n"])[len(arm["n"]) // 2]
    sides = networks.set_index("network")["input"][arm["network"]]
    shape = tuple(int(side) for side in str(sides).split("×"))
    ticket = built[f"{n}-ticket"]
    work: Search = {"splits": settings.ticket_splits, "input_splits": settings.ticket_parts}
    found = bracket(target, ticket, input_shape=shape, seed=seed, **work, **search)
    depth = len(str(networks.set_index("network")["channels"][arm["network"]]).split("-"))
    key = {"experiment": "sandwich", "part": "ticket", "seed": seed, "arm": arm["name"]}
    how = {"n": n, "replicate": 0, "depth": depth, "device": search["device"]}
    return key | how | _ends(found)


def curves(tickets: pd.DataFrame, networks: pd.DataFrame) -> pd.DataFrame:
    """Every ticket's bounds, with ``theorem``, from the collected tables of the run.

    theorem: Π (1 + η_i) − 1 with η_i = k² c_{i−1} times the largest miss w of any subset problem:
    the recurrence e_i ≤ κ_i e_{i−1} + η_i (‖f_{i−1}‖ + e_{i−1}) with all that a theorem assumes of
    the target, κ_i ≤ 1 and ‖f_i‖ ≤ 1, and a readout of norm 1 that is kept.
    """
    if tickets.empty:
        return pd.DataFrame()
    of = networks.set_index("network")
    rows = []
    for ticket in tickets.to_dict("records"):
        network = of.loc[ticket["network"]]
        inputs = str(network["input"]).split("×")[0]
        widths = [*map(int, [inputs, *str(network["channels"]).split("-")])][:-1]
        growth = 1.0
        for c_in in widths:
            growth *= 1 + network["kernel"] ** 2 * c_in * ticket["worst_error"]
        bounds = {name: ticket[name] for name in ("lower", "upper", "closed_form", "differential")}
        names = ("arm", "network", "n", "replicate", "depth", "readout", "data_error", "held_out")
        known = {name: ticket[name] for name in names}
        known["device"] = ticket.get("device")
        theorem = growth - 1 if ticket["readout"] == "exact" else float("nan")
        rows.append(
            {"experiment": "sandwich", "part": "curve"} | known | bounds | {"theorem": theorem}
        )
    return pd.DataFrame(rows)


def _pair(
    settings: Settings, search: Search, seed: int, network: int, eps: float
) -> dict[str, Any]:
    drawn = draw_pair(settings, seed, network, eps)
    split = settings.splits if eps == settings.eps[len(settings.eps) // 2] else 0
    found = _bracket(drawn, search, seed, split)
    largest, count = largest_probe(drawn, settings.probes, seed, (network, eps))
    key = {"part": "pair", "replicate": network, "eps": eps}
    sizes = {"depth": drawn.depth, "width": drawn.width, "kernel": drawn.kernel}
    probed = {"probes": count, "largest_probe": largest}
    return key | sizes | _ends(found) | probed | {"violated": largest > _allowed(found)}


def _small(search: Search, seed: int, index: int) -> dict[str, Any]:
    drawn = draw_small(seed, index)
    found = _bracket(drawn, search, seed, 0)
    value = exact(drawn.f, drawn.g, input_shape=drawn.shape)
    inside = found.lower <= value + TOLERANCE and value <= found.upper + TOLERANCE
    key = {"part": "small", "replicate": index, "depth": drawn.depth}
    return key | _ends(found) | {"exact": value, "inside": inside}


def _bracket(drawn: Drawn, search: Search, seed: int, splits: int) -> Bracket:
    return bracket(drawn.f, drawn.g, input_shape=drawn.shape, seed=seed, splits=splits, **search)


def _allowed(found: Bracket) -> float:
    """What float64 evaluation may show of a sound bracket: see `slth.supnorm.rounding`."""
    return found.upper + found.evaluation


def _ends(found: Bracket) -> dict[str, Any]:
    """Both ends, without and with splitting, and every bound by name."""
    whole = min(value for name, value in found.bounds.items() if name not in SPLITTING)
    split = found.upper if {*SPLITTING} & {*found.bounds} else float("nan")
    ends = {"lower": found.lower, "upper": whole, "upper_split": split}
    named = {name: found.bounds.get(name, float("nan")) for name in BOUNDS}
    return ends | {"method": found.method, "evaluation": found.evaluation} | named


def run(job: Job) -> None:
    """Bracket one ticket of every arm with splitting; gather the sandwich."""
    given, p = job.input, job.params
    chosen = [
        (arm, load_network(target), load_networks(networks, "0"))
        for arm, target, networks in zip(
            p.arms.values(), given.targets, given.constructed, strict=True
        )
    ]
    rows = measure_sandwich(
        frames.read_all(given.pairs, "sandwich pairs"),
        frames.read_all(given.tickets, "measured tickets"),
        frames.read_all(given.networks, "targets"),
        chosen,
        *(Settings(**p.settings), p.bracket, p.seed, p.device),
        read_public(given.public, given.public.startswith("results/")),
    )
    frames.write(job.output[0], rows, "sandwich")
