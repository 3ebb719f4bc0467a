# What every rule asks of a cluster, wherever it is declared. Included last.


def growing(memory):
    """Memory in MB that grows with the attempts of a job: `retries` is the profile's."""

    def needed(wildcards, attempt):
        return attempt * memory.evaluate(wildcards).value

    return needed


for each in workflow.rules:
    asked = each.resources.get("mem_mb")
    # a string comes from --set-resources or --default-resources and is left as the user wrote it
    if asked is not None and (asked.is_evaluable() or asked.value is not None):
        if not isinstance(asked.raw, str):
            each.resources["mem_mb"] = growing(asked)

# `device: auto` takes a GPU where there is one and asks for none. One job a GPU: --resources gpu=1
# locally, --gpus=1 on Slurm.
for each in workflow.rules:
    if each.name in ("solve_cells", "solve_blocks") and config["device"] == "cuda":
        each.resources["gpu"] = 1

# Jobs of seconds, which a queue would take longer to start than to run.
SHORT = ("sample_", "collect_", "render_", "compile_", "write_")
workflow.localrules(
    *(each.name for each in workflow.rules if each.name.startswith(SHORT))
)
