from pathlib import Path

from slth.progress import logged
from slth.studies.printing.provenance import render_provenance

with logged(snakemake.log[0]):
    p = snakemake.params
    given = p.config, p.source, p.studies, p.measured
    render_provenance(*given, Path("paper"), Path("results/render"))
