from slth import frames
from slth.networks.storage import load_network, load_networks
from slth.progress import logged
from slth.studies.tickets.measure import measure_tickets

with logged(snakemake.log[0]):
    rows = measure_tickets(
        load_network(snakemake.input.target),
        load_networks(snakemake.input.networks),
        frames.read(snakemake.input.rows, "constructed tickets"),
        snakemake.params.network,
        snakemake.params.bracket,
        snakemake.params.seed,
        snakemake.params.device,
    )
    frames.write(snakemake.output[0], rows, "measured tickets")
