from pathlib import Path

from slth.experiments.measured import load, load_learned
from slth.progress import logged
from slth.rendering.figures import render_figures

with logged(snakemake.log[0]):
    tables, learned = load(snakemake.input), load_learned(snakemake.input)
    render_figures(*tables, Path(snakemake.output.paper[0]).parent, **learned)
    render_figures(*tables, Path(snakemake.output.report[0]).parent, (".svg",), **learned)
