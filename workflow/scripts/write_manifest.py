from slth.manifest import write_manifest
from slth.progress import logged
from slth.running import planned

with logged(snakemake.log[0]):
    path = snakemake.output[0]
    artifacts = [name for name in planned() if name != path]
    write_manifest(path, snakemake.params.config, artifacts, snakemake.params.source)
