from slth import frames
from slth.progress import logged
from slth.studies.replicas.sums import failure_rows, lenet_rows

with logged(snakemake.log[0]):
    p = snakemake.params
    frames.write(snakemake.output.lenet, lenet_rows(p.lenet, p.seed), "replicas_lenet")
    frames.write(snakemake.output.failures, failure_rows(p.failures, p.seed), "replicas_failures")
