"""Masks of one method learned for multiples of the epochs, to see whether accuracy still rises.

The random networks, their seeds and the arm are those of `learn`, so that its rows are those of the
multiple 1. Of a method with variants the first is taken, of the granularities too, and of the kept
fractions the largest.
"""

import pandas as pd

from slth import frames, seeding
from slth.learned import learn_all
from slth.networks.data import load_data_set
from slth.progress import track
from slth.studies.job import Job
from slth.studies.learned.learn import arms, measured, method_options, random_network
from slth.studies.learned.settings import Settings

COLUMNS = ["experiment", "arm", "granularity", "asked", "replicate", "epochs", "accuracy"]


def learn_longer(
    settings: Settings, seed: int, method: str, folder: str | None = None
) -> pd.DataFrame:
    """Learn masks of one method for every multiple; one row per multiple and random network.

    Cost: the sum of ``longer`` times what ``longer_seeds`` masks cost in `learn`, without controls.
    """
    data = load_data_set(settings.data, held_out=settings.held_out, seed=seed, folder=folder)
    held = data.held_out_images, data.held_out_labels
    arm, _, options = next(each for each in arms(settings) if each[1] == method)
    unit, fraction = settings.granularities[0], max(settings.kept_fractions)
    replicates = range(min(settings.longer_seeds, settings.seeds))
    rows = []
    for multiple in track(settings.longer, len(settings.longer), f"{arm}: lengths"):
        masks = learn_all(
            method,
            [
                random_network(settings, data, method, seeding.child(seed, "masked network", r))
                for r in replicates
            ],
            data.train_images,
            data.train_labels,
            kept_fractions=[fraction] * len(replicates),
            seeds=[seeding.child(seed, "learned", method, unit, r) for r in replicates],
            granularity=unit,
            epochs=settings.epochs * multiple,
            batch_size=settings.batch,
            **method_options(options),
        )
        rows += [
            {
                "experiment": "learned longer",
                "arm": arm,
                "granularity": unit,
                "asked": fraction,
                "replicate": r,
                "epochs": settings.epochs * multiple,
                "accuracy": measured(mask, "", held)["accuracy"],
            }
            for r, mask in zip(replicates, masks, strict=True)
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def run(job: Job) -> None:
    """Learn the masks of a method for longer."""
    p = job.params
    rows = learn_longer(Settings(**p.settings), p.seed, p.method, p.folder)
    frames.write(job.output[0], rows, "longer trainings")
