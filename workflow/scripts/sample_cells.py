from slth import frames
from slth.progress import logged
from slth.studies.threshold.cells import cells

with logged(snakemake.log[0]):
    table = cells(snakemake.params.settings, snakemake.params.seed, snakemake.params.shard)
    frames.write(snakemake.output[0], table, "cells")
