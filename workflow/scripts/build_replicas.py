from slth import frames
from slth.networks.storage import load_network
from slth.progress import logged
from slth.studies.replicas.dense import dense_rows

with logged(snakemake.log[0]):
    target = load_network(snakemake.input.target)
    p = snakemake.params
    frames.write(
        snakemake.output[0], dense_rows(p.settings, target, p.seed, p.shard), "replicas_dense"
    )
