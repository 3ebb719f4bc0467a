"""Rules between keys of the sections that stand by themselves, one function a section."""

from collections.abc import Iterator, Mapping
from typing import Any

from slth.data_files import FILE_SETS

Config = Mapping[str, Any]


def section_faults(config: Config) -> Iterator[str]:
    """Yield one line a fault, as `slth.configuration.rules.cross_faults` does."""
    yield from _replicas(config["replicas"])
    yield from _sandwich(config["sandwich"])
    yield from _atlas(config["atlas"])
    yield from _price(config["price"])
    yield from _jobs("depth", config["depth"])
    yield from _restrictions(config["restrictions"])


def _replicas(replicas: Config) -> Iterator[str]:
    for key in ("dense", "lenet"):
        name: str = replicas[key]["data"]
        if name in FILE_SETS and FILE_SETS[name].shape[0] != 1:
            yield f"replicas.{key}.data: got {name!r}, takes a set of grey images"


def _sandwich(sandwich: Config) -> Iterator[str]:
    low, high = sandwich["widths"]
    if low > high:
        yield f"sandwich.widths: got [{low}, {high}], takes the least before the largest"
    side, kernel = sandwich["side"], max(sandwich["kernels"])
    if kernel > side:
        yield f"sandwich.kernels: got {kernel}, takes at most sandwich.side, {side}"


def _atlas(atlas: Config) -> Iterator[str]:
    from slth.ensembles import ENSEMBLES  # loads scipy

    for name in ("least", "lattice", "covering", "sizes", "volume", "search"):
        own, place = atlas[name], f"atlas.{name}"
        for i, block in enumerate(own["grid"]):
            for ensemble in (*own["ensembles"], *block["ensembles"]):
                law = ENSEMBLES[ensemble]
                if law.max_d is not None and block["d"] > law.max_d:
                    yield (
                        f"{place}.ensembles: got {ensemble!r}, defined for d <= {law.max_d}, "
                        f"but {place}.grid[{i}].d is {block['d']}"
                    )
                elif name == "lattice" and not law.step:
                    yield (
                        f"{place}.ensembles: got {ensemble!r}, whose sums lie on no lattice; "
                        "takes one of integers"
                    )
                elif law.step and name != "lattice":
                    yield (
                        f"{place}.ensembles: got {ensemble!r}, whose sums lie on a lattice; "
                        "takes one with a density"
                    )
            twice = set(own["ensembles"]) & set(block["ensembles"])
            if twice:
                yield f"{place}.grid[{i}].ensembles: got {min(twice)!r}, which the whole grid has"
        if own["grid"] and atlas["shards"] > own["replicates"]:
            yield (
                f"atlas.shards: got {atlas['shards']}, takes at most one job a replicate "
                f"({place}.replicates is {own['replicates']})"
            )


def _price(price: Config) -> Iterator[str]:
    yield from _jobs("price", price)
    seen: dict[tuple[str, str, str], int] = {}
    for i, arm in enumerate(price["arms"]):
        where, construction = f"price.arms[{i}]", arm["construction"]
        if arm["digits"] and construction != "binary_polylog":
            yield f"{where}.digits: got {arm['digits']}, takes none for {construction}"
        structured = construction == "structured_convolution"
        for target in arm["targets"]:
            key = (construction, arm["granularity"] if structured else "", target)
            first = seen.setdefault(key, i)
            if first != i:
                yield (
                    f"{where}: got {construction} on {target}, which price.arms[{first}] has; "
                    "takes each construction, granularity and target once"
                )
    kinds = [cell["granularity"] for cell in price["sizes"]]
    for i, kind in enumerate(kinds):
        if kind in kinds[:i]:
            yield f"price.sizes[{i}].granularity: got {kind} twice, takes each once"


def _jobs(section: str, settings: Config) -> Iterator[str]:
    if settings["shards"] > settings["replicates"]:
        yield (
            f"{section}.shards: got {settings['shards']}, takes at most one job a replicate "
            f"({section}.replicates is {settings['replicates']})"
        )


def _restrictions(settings: Config) -> Iterator[str]:
    least = 7 if "valid" in settings["variants"] else 4  # three 3x3 kernels; pooling halves
    if settings["side"] < least:
        yield (
            f"restrictions.side: got {settings['side']}, takes at least {least} with variants "
            f"{', '.join(settings['variants']) or 'none'}"
        )
    if settings["shards"] > max(1, settings["seeds"]):
        yield (
            f"restrictions.shards: got {settings['shards']}, takes at most one job a seed "
            f"(restrictions.seeds is {settings['seeds']})"
        )
