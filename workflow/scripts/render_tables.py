from pathlib import Path

from slth.experiments.measured import load
from slth.progress import logged
from slth.provenance import provenance
from slth.rendering.tables import render_tables

with logged(snakemake.log[0]):
    tables, origin = load(snakemake.input), provenance(snakemake.params.config)
    render_tables(*tables, origin, Path(snakemake.output.paper[0]).parent)
    render_tables(*tables, origin, Path(snakemake.output.report[0]).parent, (".html",))
