from slth import frames
from slth.progress import logged

with logged(snakemake.log[0]):
    rows = frames.read_all(snakemake.input.depth, "depth of tickets")
    frames.write(snakemake.output[0], rows, "depth")
