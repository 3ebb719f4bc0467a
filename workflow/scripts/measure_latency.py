from slth import frames
from slth.progress import logged
from slth.studies.latency.measure import read_latencies

with logged(snakemake.log[0]):
    own = snakemake.input.measured.startswith("results/")
    frames.write(snakemake.output[0], read_latencies(snakemake.input.measured, own), "latency")
