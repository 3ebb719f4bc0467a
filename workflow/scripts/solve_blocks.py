from slth import frames
from slth.networks.storage import load_network, load_networks
from slth.progress import logged
from slth.studies.tickets.construct import solve_blocks

with logged(snakemake.log[0]):
    rows = solve_blocks(
        load_network(snakemake.input.target),
        load_networks(snakemake.input.sources, str(snakemake.params.replicate)),
        snakemake.params.arm,
        snakemake.params.seed,
        snakemake.params.replicate,
        snakemake.params.device,
    )
    frames.write(snakemake.output[0], rows, "solved blocks")
