from pathlib import Path

from slth import frames
from slth.progress import logged
from slth.studies.sections import render_section

with logged(snakemake.log[0]):
    read = {name: frames.read(path, name) for name, path in snakemake.params.measured.items()}
    render_section(snakemake.params.section, read, Path("paper"), Path("results/render"))
