from slth import frames
from slth.progress import logged
from slth.studies.learned.measure import learn_masks

with logged(snakemake.log[0]):
    rows = learn_masks(snakemake.params.settings, snakemake.params.seed, snakemake.params.shard)
    frames.write(snakemake.output[0], rows, "learned masks")
