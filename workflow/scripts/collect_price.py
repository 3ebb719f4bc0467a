from slth import frames
from slth.progress import logged
from slth.studies.price.widths import with_predictions

with logged(snakemake.log[0]):
    rows = frames.read_all(snakemake.input.price, "priced tickets")
    rows = with_predictions(rows, snakemake.params.settings, snakemake.params.seed)
    frames.write(snakemake.output.price, rows, "price")
    sizes = frames.read_all(snakemake.input.sizes, "sized tickets")
    frames.write(snakemake.output.sizes, sizes, "sizes")
