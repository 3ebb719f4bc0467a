"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from slth.settings.reach import max_n, too_large, unsolvable
from slth.settings.section import LEAST, Ensemble, Section, Solver, SolverOrAuto, Study, unique

Dimension = Annotated[int, Field(ge=1, le=64, description="dimension of the candidate vectors")]
Exact = Annotated[int, Field(ge=1, le=128, description="number of candidates")]
AllSums = Annotated[int, Field(ge=1, le=22, description="number of candidates")]
Halves = Annotated[int, Field(ge=2, le=40, description="number of candidates")]
Intervals = Annotated[int, Field(ge=2, le=1000, description="number of candidates")]
Many = Annotated[int, Field(ge=1, le=100000, description="number of candidates")]
Tolerance = Annotated[float, Field(ge=LEAST, le=1, description="tolerance per coordinate")]
BLOCKS = "one block per dimension; empty switches the experiment off"
LAWS = "laws of the candidate vectors"
SPREAD = 4.0  # of the sum of |x|, in n standard deviations: more than any sample's


class Block(Section):
    """A dimension and its sizes."""

    d: Dimension
    n: list[Exact] = unique(..., 1, 200, "numbers of candidates")
    ensembles: list[Ensemble] = unique(
        [], 0, 20, "further laws of this block, as one that is defined for its d only"
    )
    without: list[Ensemble] = unique(
        [], 0, 20, "laws of the whole grid that this block leaves out, as too dear at its n"
    )


class CoveringBlock(Block):
    """A dimension and its sizes; every sum is formed."""

    d: int = Field(..., ge=1, le=3, description="dimension of the candidate vectors")
    n: list[AllSums] = unique(..., 1, 200, "numbers of candidates")


class SizesBlock(Block):
    """A dimension, its sizes and their tolerance."""

    n: list[Halves] = unique(..., 1, 200, "numbers of candidates")
    eps: Tolerance


class VolumeBlock(Block):
    """Sizes in one dimension, and their tolerance."""

    d: int = Field(..., ge=1, le=1, description="dimension of the candidate vectors")
    n: list[Intervals] = unique(..., 1, 200, "numbers of candidates")
    eps: Tolerance


class SearchBlock(Block):
    """A dimension and its sizes, of any solver's reach."""

    d: int = Field(..., ge=1, le=4096, description="dimension of the candidate vectors")
    n: list[Many] = unique(..., 1, 200, "numbers of candidates")


class Experiment(Section):
    """What every experiment of the atlas has."""

    ensembles: list[Ensemble] = unique([], 0, 20, LAWS)
    grid: Sequence[Block]
    replicates: int = Field(200, ge=2, le=1000000, description="instances per grid point")


class Least(Experiment):
    """Least error of every instance, which is the threshold at all tolerances."""

    ensembles: list[Ensemble] = unique(["normal", "nsn", "uniform"], 1, 20, LAWS)
    grid: list[Block] = Field(
        [
            Block(d=1, n=[8, 12, 16, 20, 24], ensembles=["product"]),
            Block(d=2, n=[12, 16, 20, 24, 28]),
            Block(d=3, n=[18, 22, 26, 30]),
            Block(d=4, n=[24, 28, 32, 36]),
            Block(d=6, n=[32, 36]),
            Block(d=9, n=[48], without=["uniform"]),
            Block(d=9, n=[52, 57], without=["normal", "uniform"]),
            Block(d=12, n=[40], without=["uniform"]),
            Block(d=12, n=[48, 54], without=["normal", "uniform"]),
            Block(d=16, n=[60], without=["normal", "uniform"]),
            Block(d=18, n=[60], without=["normal", "uniform"]),
        ],
        min_length=0,
        max_length=64,
        description=BLOCKS,
    )
    solver: SolverOrAuto = Field(
        "auto", description="who finds the least error; unproved instances are left out and counted"
    )
    replicates: int = Field(150, ge=2, le=1000000, description="instances per grid point")
    budget: int | None = Field(
        None, ge=1, le=2**62, description="work units per instance; null: the solver's own"
    )
    largest: float = Field(
        0.2,
        ge=LEAST,
        le=1,
        description="predicted median above which a point is left out of the fit",
    )


class Lattice(Experiment):
    """Least errors of integer candidates, targets on and off the lattice of their sums."""

    ensembles: list[Ensemble] = unique([], 0, 20, "laws of the integer candidates in every block")
    grid: list[Block] = Field(
        [
            Block(d=1, n=[6, 8, 9, 10, 12, 14], ensembles=["quantized"]),
            Block(d=2, n=[13, 16, 18, 19, 21, 24], ensembles=["quantized"]),
            Block(d=4, n=[4, 6, 8, 10, 12], ensembles=["binary"]),
            Block(d=8, n=[12, 15, 17, 19, 22, 26], ensembles=["binary"]),
        ],
        min_length=0,
        max_length=64,
        description=BLOCKS,
    )
    solver: Solver = Field(
        "mitm", description="who finds the least error; unproved instances are left out and counted"
    )
    tolerances: list[
        Annotated[float, Field(ge=1e-6, le=1000000, description="tolerance per coordinate")]
    ] = unique(
        [0.5, 1.0],
        1,
        10,
        "tolerances, in units of the integers, at which rates of success are taken",
    )


class Covering(Experiment):
    """Samples whose subset sums must come near every target of the cube."""

    ensembles: list[Ensemble] = unique(["normal", "nsn", "uniform"], 1, 20, LAWS)
    grid: list[CoveringBlock] = Field(
        [
            CoveringBlock(d=1, n=[6, 8, 10, 12, 14, 16]),
            CoveringBlock(d=2, n=[11, 13, 15, 17]),
            CoveringBlock(d=3, n=[13, 15, 17]),
        ],
        min_length=0,
        max_length=64,
        description=BLOCKS,
    )
    replicates: int = Field(40, ge=2, le=1000000, description="samples per grid point")
    resolution: float = Field(
        0.05, ge=0.01, le=1, description="relative width of the proved bracket of the radius, d > 1"
    )


class Sizes(Experiment):
    """Hits and least errors among the subsets of each size."""

    ensembles: list[Ensemble] = unique(["normal"], 1, 20, LAWS)
    grid: list[SizesBlock] = Field(
        [
            SizesBlock(d=1, n=[16], eps=2e-4),
            SizesBlock(d=1, n=[20], eps=2e-5),
            SizesBlock(d=1, n=[24], eps=2e-6),
            SizesBlock(d=2, n=[16], eps=0.04),
            SizesBlock(d=2, n=[20], eps=0.012),
            SizesBlock(d=2, n=[24], eps=0.0035),
            SizesBlock(d=3, n=[16], eps=0.15),
            SizesBlock(d=3, n=[20], eps=0.08),
        ],
        min_length=0,
        max_length=64,
        description=BLOCKS,
    )
    replicates: int = Field(300, ge=2, le=1000000, description="samples per grid point")


class Volume(Experiment):
    """Share of [-1, 1] within eps of a subset sum, candidate by candidate."""

    ensembles: list[Ensemble] = unique(["uniform"], 1, 20, LAWS)
    grid: list[VolumeBlock] = Field(
        [VolumeBlock(d=1, n=[30], eps=0.001)], min_length=0, max_length=64, description=BLOCKS
    )
    replicates: int = Field(40, ge=2, le=1000000, description="samples per grid point")


class Certificates(Section):
    """Exact second moments and the least certified n, normal candidates."""

    dimensions: list[Dimension] = unique(
        [4, 8, 16], 0, 20, "dimensions of the certificates; empty switches them off"
    )
    eps: float = Field(0.1, ge=LEAST, le=1, description="tolerance per coordinate")
    tolerances: list[
        Annotated[float, Field(ge=LEAST, le=0.9999, description="tolerance per coordinate")]
    ] = unique(
        [0.1, 0.05, 0.01, 0.002],
        0,
        20,
        "tolerances of the table of sizes, in the dimensions of atlas.least; empty for none",
    )
    centred: list[Annotated[int, Field(ge=1, le=512, description="dimension")]] = unique(
        [8, 16, 32, 64], 0, 20, "dimensions of the certificates given T; empty for none"
    )
    centred_tolerances: list[
        Annotated[float, Field(ge=LEAST, le=0.9, description="tolerance per coordinate")]
    ] = unique([0.1, 0.01], 0, 20, "tolerances of the certificates given T; empty for none")
    sized: list[Annotated[int, Field(ge=1, le=64, description="dimension")]] = unique(
        [1, 2, 3], 0, 20, "dimensions of the certificates for subsets of one size; empty for none"
    )
    sized_eps: float = Field(0.01, ge=LEAST, le=0.9, description="tolerance of these")
    shares: list[Annotated[float, Field(ge=0.01, le=0.9, description="share α = k/n")]] = unique(
        [0.1, 0.25, 0.5, 0.75], 0, 20, "sizes of those subsets, as a share of n"
    )


class Search(Experiment):
    """Least error found by each solver for equal work."""

    ensembles: list[Ensemble] = unique(["normal"], 1, 20, LAWS)
    grid: list[SearchBlock] = Field(
        [
            SearchBlock(d=2, n=[16, 24, 32, 48, 96, 192]),
            SearchBlock(d=4, n=[24, 32, 48, 96, 192]),
        ],
        min_length=0,
        max_length=64,
        description=BLOCKS,
    )
    replicates: int = Field(8, ge=2, le=1000000, description="instances per grid point")
    solvers: list[Solver] = unique(
        ["mitm", "klist", "annealing", "differencing"], 1, 20, "who searches"
    )
    budget: int = Field(
        300000, ge=1, le=1000000000000000, description="work units of a solver per instance"
    )


class Settings(Study):
    """MRSS without networks; thresholds, covering, sizes, search."""

    shards: int = Field(
        1, ge=1, le=1000, description="jobs the replicates of every experiment are split into"
    )
    confidence: float = Field(
        0.95, ge=0.5, le=0.9999, description="level of every interval of the atlas"
    )
    least: Least = Field(default_factory=Least)
    lattice: Lattice = Field(default_factory=Lattice)
    covering: Covering = Field(default_factory=Covering)
    sizes: Sizes = Field(default_factory=Sizes)
    volume: Volume = Field(default_factory=Volume)
    certificates: Certificates = Field(default_factory=Certificates)
    search: Search = Field(default_factory=Search)


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    atlas = config["atlas"]
    from slth.ensembles import ENSEMBLES  # loads scipy

    for name in ("least", "lattice", "covering", "sizes", "volume", "search"):
        own, place = atlas[name], f"atlas.{name}"
        for i, block in enumerate(own["grid"]):
            for ensemble in laws_of(own, block):
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
            absent = set(block["without"]) - set(own["ensembles"])
            if absent:
                yield f"{place}.grid[{i}].without: got {min(absent)!r}, which the grid has not"
        if own["grid"] and atlas["shards"] > own["replicates"]:
            yield (
                f"atlas.shards: got {atlas['shards']}, takes at most one job per replicate "
                f"({place}.replicates is {own['replicates']})"
            )
    yield from _solvers(atlas)
    for name in ("least", "lattice", "covering", "sizes", "volume", "search"):
        yield from _memory(name, atlas[name], atlas["shards"])


def laws_of(own: Mapping[str, Any], block: Mapping[str, Any]) -> list[str]:
    """The laws of a block: the grid's, less those left out, and its own."""
    return [law for law in own["ensembles"] if law not in block["without"]] + block["ensembles"]


def _solvers(atlas: Mapping[str, Any]) -> Iterator[str]:
    """Solvers that refuse a size; in the search those that do so have no row."""
    for name in ("least", "lattice", "search"):
        own, place = atlas[name], f"atlas.{name}"
        sizes = [
            (f"{place}.grid[{i}]", n, block["d"])
            for i, block in enumerate(own["grid"])
            for n in sorted(block["n"])
        ]
        if name == "search":
            for j, solver in enumerate(own["solvers"]):
                held = [size for size in sizes if size[1] <= (max_n(solver) or size[1])]
                yield from unsolvable(f"{place}.solvers[{j}]", solver, held)
        else:
            yield from unsolvable(f"{place}.solver", own["solver"], sizes)


def _memory(name: str, own: Mapping[str, Any], shards: int) -> Iterator[str]:
    """Instances of a grid point, and what an experiment makes of one of them."""
    from slth.ensembles import ENSEMBLES

    each = -(-own["replicates"] // shards)
    for i, block in enumerate(own["grid"]):
        where, d, n = f"atlas.{name}.grid[{i}]", block["d"], max(block["n"])
        words = f"{each:,} instances of d = {d}"
        way = "fewer replicates a shard, or a smaller n"
        columns = 20 * n if name in ("sizes", "volume") else 0  # a row per size or step
        yield from too_large(f"{where}.n", n, 3 * each * (n * d + columns), words, way)
        if name == "volume":
            laws = laws_of(own, block)
            reach = max(ENSEMBLES[law].std for law in laws) * n * SPREAD + 1 if laws else 1.0
            count = min(2.0**n, reach / block["eps"] + 2)
            yield from too_large(
                f"{where}.eps", block["eps"], 12 * count, f"{count:.1e} intervals at n = {n}",
                "a larger eps, or a smaller n",
            )  # fmt: skip
