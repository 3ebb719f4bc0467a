from slth import frames
from slth.experiments.replica_sums import failure_rows, lenet_rows
from slth.progress import logged

with logged(snakemake.log[0]):
    p = snakemake.params
    frames.write(snakemake.output.lenet, lenet_rows(p.lenet, p.seed), "replicas_lenet")
    frames.write(snakemake.output.failures, failure_rows(p.failures, p.seed), "replicas_failures")
