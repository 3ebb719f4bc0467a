from slth import frames
from slth.experiments.latency import read_latencies
from slth.progress import logged

with logged(snakemake.log[0]):
    own = snakemake.input.measured.startswith("results/")
    frames.write(snakemake.output[0], read_latencies(snakemake.input.measured, own), "latency")
