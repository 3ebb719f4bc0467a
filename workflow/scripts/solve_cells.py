from slth import frames
from slth.progress import logged
from slth.studies.threshold.cells import decide

with logged(snakemake.log[0]):
    table = frames.read(snakemake.input.cells, "cells")
    rows = decide(table, snakemake.params.solver, snakemake.params.device)
    frames.write(snakemake.output[0], rows, "decided cells")
