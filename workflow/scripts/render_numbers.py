from slth.progress import logged
from slth.provenance import provenance
from slth.studies.measured import load, load_learned
from slth.studies.printing.numbers import render_numbers

with logged(snakemake.log[0]):
    tables, learned = load(snakemake.input), load_learned(snakemake.input)
    origin = provenance(snakemake.params.config)
    render_numbers(*tables, origin, snakemake.output[0], **learned)
