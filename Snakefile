# sample -> solve -> construct -> measure -> render, everything from config.yaml
from snakemake.utils import min_version

min_version("9.19")


include: "workflow/rules/start.smk"


configfile: "config.yaml"


include: "workflow/rules/common.smk"


# With `--software-deployment-method apptainer`, docs/cluster.md; without it nothing reads it.
container: CONTAINER


for study in STUDIES:

    include: f"workflow/rules/{study}.smk"


include: "workflow/rules/render.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/manifest.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        "paper/main.pdf",
        "results/manifest.json",


include: "workflow/rules/cluster.smk"
