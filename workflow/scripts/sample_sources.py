from slth.experiments.tickets import sample_sources
from slth.networks.storage import load_network, save_networks
from slth.progress import logged

with logged(snakemake.log[0]):
    sources = sample_sources(
        load_network(snakemake.input.target),
        snakemake.params.arm,
        snakemake.params.seed,
        snakemake.params.replicate,
    )
    save_networks(snakemake.output[0], sources)
