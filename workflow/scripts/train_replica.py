from slth.networks.storage import save_network
from slth.progress import logged
from slth.studies.replicas.dense import train_dense

with logged(snakemake.log[0]):
    target = train_dense(snakemake.params.settings, snakemake.params.seed)
    save_network(snakemake.output[0], target)
