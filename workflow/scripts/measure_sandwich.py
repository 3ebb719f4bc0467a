from slth import frames
from slth.networks.storage import load_network, load_networks
from slth.progress import logged
from slth.studies.sandwich.measure import measure_sandwich

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    chosen = [
        (arm, load_network(target), load_networks(networks))
        for arm, target, networks in zip(
            params.arms.values(), given.targets, given.constructed, strict=True
        )
    ]
    rows = measure_sandwich(
        frames.read_all(given.pairs, "sandwich pairs"),
        frames.read(given.tickets, "measured tickets"),
        frames.read(given.networks, "targets"),
        chosen,
        params.settings,
        params.bracket,
        params.seed,
        params.device,
    )
    frames.write(snakemake.output[0], rows, "sandwich")
