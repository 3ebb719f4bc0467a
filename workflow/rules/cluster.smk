# What every rule asks of a cluster, wherever it is declared. Included last.


def growing(memory):
    """Memory in MB that grows with the attempts of a job: `retries` is the profile's."""

    def needed(wildcards, attempt):
        return attempt * memory.evaluate(wildcards).value

    return needed


# Rule `all` and those of a workflow that imports this one have Snakemake's default, of other arguments.
OWN = [
    each
    for each in workflow.rules
    if Path(each.snakefile).resolve().parent == ROOT / "workflow/rules"
]

for each in OWN:
    asked = each.resources["mem_mb"]
    # a string comes from --set-resources and is left as the user wrote it
    if not isinstance(asked.raw, str):
        each.resources["mem_mb"] = growing(asked)

# `device: auto` takes a GPU where there is one and asks for none. One job per GPU: --resources gpu=1
# locally, --gpus=1 on Slurm.
for each in OWN:
    if getattr(each.params, "device", None) == "cuda":
        each.resources["gpu"] = 1

# Jobs of seconds, which a queue would take longer to start than to run.
SHORT = ("sample_", "collect_", "render_", "compile_", "write_")
workflow.localrules(*(each.name for each in OWN if each.name.startswith(SHORT)))
