from slth import frames
from slth.progress import logged
from slth.studies.depth.measure import measure_depth

with logged(snakemake.log[0]):
    params = snakemake.params
    rows = measure_depth(params.settings, params.bracket, params.seed, params.shard, params.device)
    frames.write(snakemake.output[0], rows, "depth of tickets")
