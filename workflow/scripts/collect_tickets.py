from slth import frames
from slth.progress import logged

with logged(snakemake.log[0]):
    for name, kind in (
        ("tickets", "measured tickets"),
        ("blocks", "solved blocks"),
        ("networks", "targets"),
    ):
        frames.write(snakemake.output[name], frames.read_all(snakemake.input[name], kind), kind)
