from slth import frames
from slth.experiments.sandwich import sandwich_pairs
from slth.progress import logged

with logged(snakemake.log[0]):
    params = snakemake.params
    rows = sandwich_pairs(params.settings, params.bracket, params.seed, params.shard, params.device)
    frames.write(snakemake.output[0], rows, "sandwich pairs")
