import pandas as pd

from slth import frames
from slth.progress import logged
from slth.studies.learned.routes import COLUMNS
from slth.studies.measured import LEARNED

with logged(snakemake.log[0]):
    for name, kind in LEARNED.items():
        paths = list(snakemake.input[name])
        table = frames.read_all(paths, kind) if paths else pd.DataFrame(columns=COLUMNS)
        frames.write(snakemake.output[name], table, kind)
