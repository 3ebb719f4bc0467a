from slth import frames
from slth.experiments.thresholds import decide
from slth.progress import logged

with logged(snakemake.log[0]):
    table = frames.read(snakemake.input.cells, "cells")
    rows = decide(table, snakemake.params.solver, snakemake.params.device)
    frames.write(snakemake.output[0], rows, "decided cells")
