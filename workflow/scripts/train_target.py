from slth import frames
from slth.experiments.targets import train_target
from slth.networks.storage import save_network
from slth.progress import logged

with logged(snakemake.log[0]):
    target, row = train_target(snakemake.params.settings, snakemake.params.seed)
    save_network(snakemake.output.network, target)
    frames.write(snakemake.output.row, row, "targets")
