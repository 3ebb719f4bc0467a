from slth import frames
from slth.experiments.learned import learn_masks
from slth.progress import logged

with logged(snakemake.log[0]):
    rows = learn_masks(snakemake.params.settings, snakemake.params.seed, snakemake.params.shard)
    frames.write(snakemake.output[0], rows, "learned masks")
