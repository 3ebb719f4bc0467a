from slth.networks.storage import load_network, save_networks
from slth.progress import logged
from slth.studies.tickets.construct import sample_sources

with logged(snakemake.log[0]):
    target, arm = load_network(snakemake.input.target), snakemake.params.arm
    sources = {
        f"{replicate}/{n}": network
        for replicate in range(arm["seeds"])
        for n, network in sample_sources(target, arm, snakemake.params.seed, replicate).items()
    }
    save_networks(snakemake.output[0], sources)
