from slth import frames
from slth.progress import logged
from slth.studies.threshold.measure import summarise

with logged(snakemake.log[0]):
    rows = frames.read_all(snakemake.input.cells, "decided cells")
    frames.write(
        snakemake.output[0], summarise(rows, snakemake.params.confidence), "threshold points"
    )
