from slth import frames
from slth.progress import logged
from slth.studies.price.grid import measure_price
from slth.studies.price.sizes import measure_sizes

with logged(snakemake.log[0]):
    settings, seed = snakemake.params.settings, snakemake.params.seed
    shard, device = snakemake.params.shard, snakemake.params.device
    rows = measure_price(settings, snakemake.params.bracket, seed, shard, device)
    frames.write(snakemake.output.price, rows, "priced tickets")
    frames.write(snakemake.output.sizes, measure_sizes(settings, seed, shard), "sized tickets")
