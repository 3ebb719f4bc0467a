from pathlib import Path

import pandas as pd

from slth import frames
from slth.progress import logged
from slth.studies.section import render

with logged(snakemake.log[0]):
    params = snakemake.params
    read = {name: frames.read(path, kind) for name, (path, kind) in params.measured.items()}
    read |= {name: pd.DataFrame() for name in params.absent}
    render(params.study, read, Path("paper"), Path("results/render"))
