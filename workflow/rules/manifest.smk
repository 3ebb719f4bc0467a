# What is noticed before a run, and what a run leaves behind it.
from slth.running import FOLDER, make_changed_again

os.environ.update(SLTH_DIGESTS=FOLDER)  # jobs inherit it


if workflow.is_main_process:
    # Snakemake calls `onstart` of the main workflow alone
    make_changed_again(workflow, ROOT / "workflow/rules", begin if IMPORTED else None)


onstart:
    begin()


rule write_manifest:
    input:
        paper="paper/main.pdf",
        code=code(None, script="write_manifest"),
    output:
        "results/manifest.json",
    log:
        "results/logs/write_manifest.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=config,
        source=lambda _: commit_of(ROOT),
    message:
        "Name everything that was made, with its SHA-256"
    script:
        "../scripts/write_manifest.py"
