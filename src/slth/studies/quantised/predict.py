"""The chance that n candidates hit every target, as the theory predicts it, for every n."""

import math

import pandas as pd

from slth import frames
from slth.ensembles import Quantized
from slth.studies.job import Job
from slth.studies.quantised.measure import points
from slth.studies.quantised.settings import Settings
from slth.theory.lattice_covering import lattice_covering_probability
from slth.theory.quenched import threshold

SURE = 0.999  # larger n are not evaluated
COLUMNS = ("d", "M", "n", "chance", "one")


def predict_quantised(settings: Settings) -> pd.DataFrame:
    """Return a row for each d, M and n: from the counting bound to where the chance is about 1.

    one: the size at which the odds for one target are even, the same for every n.
    """
    rows = []
    for d, bits in points(settings):
        law = Quantized(bits)
        one = threshold(law, d, 0)
        for n in range(max(1, math.ceil(d * math.log2(2 * law.q + 1))), settings.most + 1):
            chance = lattice_covering_probability(law, n, d)
            rows.append((d, law.q, n, chance, one))
            if chance > SURE:
                break
    return pd.DataFrame(rows, columns=COLUMNS)


def run(job: Job) -> None:
    """Predict every point."""
    frames.write(job.output[0], predict_quantised(Settings(**job.params.settings)), "quantised_law")
