from pathlib import Path

from slth.progress import logged
from slth.studies.measured import load, load_learned
from slth.studies.tickets.figures import render_figures

with logged(snakemake.log[0]):
    tables, learned = load(snakemake.input), load_learned(snakemake.input)
    paper, report = (
        Path(paths[0]).parent for paths in (snakemake.output.paper, snakemake.output.report)
    )
    render_figures(*tables, paper, (".pdf", ".svg"), folders={".svg": report}, **learned)
