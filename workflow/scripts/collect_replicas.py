from slth import frames
from slth.progress import logged

KIND = "replicas_dense"

with logged(snakemake.log[0]):
    frames.write(snakemake.output[0], frames.read_all(snakemake.input.parts, KIND), KIND)
