from slth import frames
from slth.progress import logged
from slth.studies.sandwich.measure import sandwich_pairs

with logged(snakemake.log[0]):
    params = snakemake.params
    rows = sandwich_pairs(params.settings, params.bracket, params.seed, params.shard, params.device)
    frames.write(snakemake.output[0], rows, "sandwich pairs")
