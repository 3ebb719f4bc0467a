from slth import frames
from slth.networks.storage import load_network, load_networks, save_networks
from slth.progress import logged
from slth.studies.tickets.construct import construct_tickets

with logged(snakemake.log[0]):
    networks, rows = construct_tickets(
        load_network(snakemake.input.target),
        load_networks(snakemake.input.sources, str(snakemake.params.replicate)),
        frames.read(snakemake.input.blocks, "solved blocks"),
        snakemake.params.arm,
        snakemake.params.seed,
        snakemake.params.replicate,
    )
    save_networks(snakemake.output.networks, networks)
    frames.write(snakemake.output.rows, rows, "constructed tickets")
