from slth import frames
from slth.experiments.depth import measure_depth
from slth.progress import logged

with logged(snakemake.log[0]):
    params = snakemake.params
    rows = measure_depth(params.settings, params.bracket, params.seed, params.shard, params.device)
    frames.write(snakemake.output[0], rows, "depth of tickets")
