# sample -> solve -> construct -> measure -> render, everything from config.yaml
from snakemake.utils import min_version

min_version("9.19")


include: "workflow/rules/front.smk"


configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/solve.smk"
include: "workflow/rules/construct.smk"
include: "workflow/rules/learn.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/benchmark.smk"
include: "workflow/rules/replicas.smk"
include: "workflow/rules/sandwich.smk"
include: "workflow/rules/atlas.smk"
include: "workflow/rules/price.smk"
include: "workflow/rules/restrictions.smk"
include: "workflow/rules/latency.smk"
include: "workflow/rules/sections.smk"
include: "workflow/rules/render.smk"
include: "workflow/rules/manifest.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        "paper/main.pdf",
        "results/manifest.json",


include: "workflow/rules/cluster.smk"
