from slth import frames
from slth.networks.storage import save_network
from slth.progress import logged
from slth.studies.tickets.targets import train_target

with logged(snakemake.log[0]):
    target, row = train_target(snakemake.params.settings, snakemake.params.seed)
    save_network(snakemake.output.network, target)
    frames.write(snakemake.output.row, row, "targets")
