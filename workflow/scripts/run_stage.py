from importlib import import_module

from slth.progress import logged

with logged(snakemake.log[0]):
    import_module(f"slth.studies.{snakemake.params.stage}").run(snakemake)
