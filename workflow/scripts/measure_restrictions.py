from slth import frames
from slth.progress import logged
from slth.studies.restrictions.measure import restriction_rows

with logged(snakemake.log[0]):
    settings, seed = snakemake.params.settings, snakemake.params.seed
    mine = range(snakemake.params.shard, settings["seeds"], settings["shards"])
    rows = restriction_rows(settings, seed, mine, snakemake.params.device)
    frames.write(snakemake.output[0], rows, "restrictions")
