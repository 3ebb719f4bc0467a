from slth.experiments.measured import load
from slth.progress import logged
from slth.provenance import provenance
from slth.rendering.numbers import render_numbers

with logged(snakemake.log[0]):
    tables, origin = load(snakemake.input), provenance(snakemake.params.config)
    render_numbers(*tables, origin, snakemake.output[0])
