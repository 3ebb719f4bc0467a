from slth import frames
from slth.progress import logged

with logged(snakemake.log[0]):
    rows = frames.read_all(snakemake.input.rows, "restrictions")
    rows = rows.sort_values("replicate", kind="stable", ignore_index=True)
    frames.write(snakemake.output[0], rows, "restrictions")
