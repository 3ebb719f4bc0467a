from slth import frames
from slth.experiments.restrictions import restriction_rows
from slth.progress import logged

with logged(snakemake.log[0]):
    settings, seed = snakemake.params.settings, snakemake.params.seed
    mine = range(snakemake.params.shard, settings["seeds"], settings["shards"])
    rows = restriction_rows(settings, seed, mine, snakemake.params.device)
    frames.write(snakemake.output[0], rows, "restrictions")
