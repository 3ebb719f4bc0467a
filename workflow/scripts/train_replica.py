from slth.experiments.replica_dense import train_dense
from slth.networks.storage import save_network
from slth.progress import logged

with logged(snakemake.log[0]):
    target = train_dense(snakemake.params.settings, snakemake.params.seed)
    save_network(snakemake.output[0], target)
