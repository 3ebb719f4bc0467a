from pathlib import Path

from slth.experiments.measured import load, load_learned
from slth.progress import logged
from slth.provenance import provenance
from slth.rendering.tables import render_tables

with logged(snakemake.log[0]):
    tables, learned = load(snakemake.input), load_learned(snakemake.input)
    origin = provenance(snakemake.params.config)
    render_tables(*tables, origin, Path(snakemake.output.paper[0]).parent, **learned)
    render_tables(*tables, origin, Path(snakemake.output.report[0]).parent, (".html",), **learned)
