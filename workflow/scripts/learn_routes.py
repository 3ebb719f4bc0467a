from slth import frames
from slth.networks.storage import load_network, load_networks
from slth.progress import logged
from slth.studies.learned.routes import learn_routes

with logged(snakemake.log[0]):
    rows = learn_routes(
        load_network(snakemake.input.target),
        load_networks(snakemake.input.sources, str(snakemake.params.replicate)),
        frames.read(snakemake.input.rows, "constructed tickets"),
        snakemake.params.arm,
        snakemake.params.network,
        snakemake.params.learned,
        snakemake.params.bracket,
        snakemake.params.seed,
        snakemake.params.device,
    )
    frames.write(snakemake.output[0], rows, "learned routes")
