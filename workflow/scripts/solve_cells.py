from slth import frames
from slth.experiments.thresholds import decide
from slth.progress import logged

with logged(snakemake.log[0]):
    table = frames.read(snakemake.input.cells, "cells")
    frames.write(snakemake.output[0], decide(table, snakemake.params.solver), "decided cells")
