# What is noticed before a run, and what a run leaves behind it.
from slth.running import FOLDER, make_changed_again, only_run, plan

os.environ.update(SLTH_DIGESTS=FOLDER)  # jobs inherit it

if workflow.is_main_process:
    make_changed_again(workflow)


onstart:
    workflow.globals["run_lock"] = only_run()  # held until this process ends
    jobs = list(workflow.dag.jobs)
    if any(job.rule.name == "write_manifest" for job in jobs):
        plan(str(path) for job in jobs for path in job.output)


rule write_manifest:
    input:
        paper="paper/main.pdf",
        code=code("write_manifest"),
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
    message:
        "Name everything that was made, with its SHA-256"
    script:
        "../scripts/write_manifest.py"
