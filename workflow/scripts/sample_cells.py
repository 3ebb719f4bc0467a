from slth import frames
from slth.experiments.thresholds import cells
from slth.progress import logged

with logged(snakemake.log[0]):
    table = cells(snakemake.params.settings, snakemake.params.seed, snakemake.params.shard)
    frames.write(snakemake.output[0], table, "cells")
