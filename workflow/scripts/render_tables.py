from pathlib import Path

from slth.digests import shortened
from slth.progress import logged
from slth.provenance import commit_line, provenance
from slth.studies.measured import load, load_learned
from slth.studies.tickets.tables import render_tables

with logged(snakemake.log[0]):
    tables, learned = load(snakemake.input), load_learned(snakemake.input)
    measured = [path for path in snakemake.input if path.startswith("results/measure/")]
    placed = [*tables[:3], learned["routes"]]  # every table of a job that takes `device`
    used = sorted({name for table in placed for name in table["device"]})
    origin = {**provenance(snakemake.params.config), "commit": commit_line(snakemake.params.source)}
    origin |= {"device": used, "files": shortened(measured)}
    render_tables(*tables, origin, Path(snakemake.output.paper[0]).parent, **learned)
    render_tables(*tables, origin, Path(snakemake.output.report[0]).parent, (".html",), **learned)
