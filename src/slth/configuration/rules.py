"""Rules between keys of the config: names that must exist, sizes that must fit."""

from collections.abc import Iterator, Mapping
from typing import Any

from slth.configuration.sections import section_faults
from slth.data_files import FILE_SETS, check_files

Config = Mapping[str, Any]

SIDES = {"digits": 8, **{name: files.shape[1] for name, files in FILE_SETS.items()}}  # pixels


def cross_faults(config: Config) -> list[str]:
    """Return one line a fault of a config that has its defaults and no fault key by key."""
    return [
        *_repeated("networks", config["networks"]),
        *_repeated("tickets", config["tickets"]),
        *_grid(config["threshold"]),
        *_networks(config["networks"]),
        *_data(config),
        *_learned(config["learned"]),
        *_tickets(config["tickets"], config["networks"]),
        *section_faults(config),
    ]


def _repeated(section: str, entries: list[Config]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for i, entry in enumerate(entries):
        first = seen.setdefault(entry["name"], i)
        if first != i:
            yield (
                f"{section}[{i}].name: got {entry['name']!r}, which {section}[{first}] has; "
                "takes a name of its own"
            )


def _grid(threshold: Config) -> Iterator[str]:
    from slth.ensembles import ENSEMBLES  # loads scipy

    first_of: dict[int, int] = {}
    for i, block in enumerate(threshold["grid"]):
        d = block["d"]
        first = first_of.setdefault(d, i)
        if first != i:
            yield f"threshold.grid[{i}].d: got {d}, which grid[{first}] has; takes one block a d"
        for j, name in enumerate(threshold["ensembles"]):
            limit = ENSEMBLES[name].max_d
            if limit is not None and d > limit:
                yield (
                    f"threshold.ensembles[{j}]: got {name!r}, defined for d <= {limit}, "
                    f"but threshold.grid[{i}].d is {d}"
                )
    if threshold["shards"] > threshold["replicates"]:
        yield (
            f"threshold.shards: got {threshold['shards']}, takes at most one job a replicate "
            f"(threshold.replicates is {threshold['replicates']})"
        )


def _networks(networks: list[Config]) -> Iterator[str]:
    for i, network in enumerate(networks):
        k: int = network["kernel"]
        padding: str = network["padding"]
        if padding == "same" and k % 2 == 0:
            yield f"networks[{i}].kernel: got {k}, takes an odd size with padding same"
            continue
        side: int = SIDES.get(network["data"], k)
        for layer, _ in enumerate(network["channels"]):
            padded = side + (2 * (k // 2) if padding == "same" else 0)
            if padded < k:
                yield (
                    f"networks[{i}].channels: layer {layer} sees {side}x{side} images, "
                    f"too small for kernel {k} with padding {padding}; takes fewer layers, "
                    "a smaller kernel or stride, or padding same"
                )
                break
            side = (padded - k) // network["stride"] + 1


def _tickets(arms: list[Config], networks: list[Config]) -> Iterator[str]:
    names = [network["name"] for network in networks]
    for i, arm in enumerate(arms):
        if arm["network"] not in names:
            yield (
                f"tickets[{i}].network: got {arm['network']!r}, takes one of the networks: "
                f"{', '.join(names)}"
            )
        for j, n in enumerate(arm["learned"]):
            if n not in arm["n"]:
                yield f"tickets[{i}].learned[{j}]: got {n}, takes one of the arm's n: {arm['n']}"


def _data(config: Config) -> Iterator[str]:
    """Data sets from files: named here, before any job, rather than by the job that reads them."""
    users = {f"networks[{i}]": network["data"] for i, network in enumerate(config["networks"])}
    users |= {f"replicas.{key}": config["replicas"][key]["data"] for key in ("dense", "lenet")}
    for where, name in {**users, "learned": config["learned"]["data"]}.items():
        if name not in FILE_SETS:
            continue
        if config["data_folder"] is None:
            yield (
                f"data_folder: got null, takes the folder with the files of {name}, which "
                f"{where}.data asks for ({FILE_SETS[name].home})"
            )
            continue
        try:
            check_files(name, config["data_folder"])
        except (OSError, ValueError) as error:  # missing, another set's, a path no system takes
            yield f"{where}.data: {error}"


def _learned(learned: Config) -> Iterator[str]:
    if learned["early"] > learned["epochs"]:
        yield (
            f"learned.early: got {learned['early']}, takes at most learned.epochs, "
            f"{learned['epochs']}"
        )
    variants = [(lottery["rounds"], lottery["rewind"]) for lottery in learned["lotteries"]]
    for i, lottery in enumerate(learned["lotteries"]):
        if lottery["rewind"] > learned["epochs"]:
            yield (
                f"learned.lotteries[{i}].rewind: got {lottery['rewind']}, takes at most "
                f"learned.epochs, {learned['epochs']}"
            )
        if variants[i] in variants[:i]:
            yield f"learned.lotteries[{i}]: got {lottery} twice, takes each variant once"
    yield from (line.replace("networks[0]", "learned") for line in _networks([learned]))
