from slth import frames
from slth.experiments.atlas import COLUMNS, measure
from slth.progress import logged

with logged(snakemake.log[0]):
    asked = (snakemake.params.settings, snakemake.params.seed, snakemake.params.shard)
    for name in COLUMNS:
        frames.write(snakemake.output[name], measure(name, *asked), f"atlas {name} rows")
