from slth import frames
from slth.progress import logged
from slth.studies.atlas.solve import COLUMNS, measure

with logged(snakemake.log[0]):
    asked = (snakemake.params.settings, snakemake.params.seed, snakemake.params.shard)
    for name in COLUMNS:
        frames.write(snakemake.output[name], measure(name, *asked), f"atlas {name} rows")
