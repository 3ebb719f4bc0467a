from slth.progress import logged
from slth.studies.benchmark.claims import load, render_benchmark

with logged(snakemake.log[0]):
    own = snakemake.input.measured.startswith("results/")
    render_benchmark(load(snakemake.input.measured), own, snakemake.output)
