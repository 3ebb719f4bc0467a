"""The size at which an instance hits every target, instance by instance."""

from collections.abc import Iterator

import pandas as pd

from slth import frames, seeding
from slth.ensembles import Quantized, sample
from slth.progress import track
from slth.studies.job import Job
from slth.studies.quantised.settings import Settings
from slth.theory.lattice_covering import first_covering

COLUMNS = ("d", "bits", "M", "replicate", "seed", "most", "size")


def measure_quantised(settings: Settings, seed: int, shard: int) -> pd.DataFrame:
    """Return a row for each d, range of entries and replicate of a shard.

    An instance is a sequence of candidates, drawn one after the other. size: how many of them it
    takes until every target in {-M..M}^d is a subset sum, 0 where ``most`` do not suffice. Whether
    n candidates cover is whether size <= n: instances are independent, the sizes n of one are not.
    """
    mine = range(shard, settings.replicates, settings.shards)
    every = list(points(settings))
    rows = [
        row
        for d, bits in track(every, len(every), "quantised: points")
        for row in _point(settings, seed, d, bits, mine)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def points(settings: Settings) -> Iterator[tuple[int, int]]:
    """Every dimension with its numbers of bits."""
    return ((block.d, bits) for block in settings.grid for bits in block.bits)


def _point(
    settings: Settings, seed: int, d: int, bits: int, mine: range
) -> Iterator[tuple[int, ...]]:
    law = Quantized(bits)
    for replicate in mine:
        own = seeding.child(seed, "quantised", d, bits, replicate)
        size = first_covering(sample(law, settings.most, d, own), law.q)
        yield d, bits, law.q, replicate, own, settings.most, size


def run(job: Job) -> None:
    """Measure every instance of a shard."""
    p = job.params
    rows = measure_quantised(Settings(**p.settings), p.seed, p.shard)
    frames.write(job.output[0], rows, "quantised")
