from pathlib import Path

from slth.manifest import write_manifest
from slth.progress import logged
from slth.running import planned_files

with logged(snakemake.log[0]):
    config, (path,) = snakemake.params.config, snakemake.output
    artifacts = planned_files(config) - {path}
    write_manifest(path, config, artifacts, Path(snakemake.params.root))
