from slth import frames
from slth.experiments.agreement import summarise
from slth.progress import logged

with logged(snakemake.log[0]):
    rows = frames.read_all(snakemake.input.cells, "decided cells")
    frames.write(
        snakemake.output[0], summarise(rows, snakemake.params.confidence), "threshold points"
    )
