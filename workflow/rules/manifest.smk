# What is noticed before a run, and what a run leaves behind it. Included last.
from slth.running import FOLDER, only_run, plan, stale_inputs, to_make_again

os.environ["SLTH_DIGESTS"] = FOLDER  # jobs inherit it

if workflow.is_main_process and workflow.dag_settings is not None:
    changed_results = to_make_again(config)
    for path, fault in changed_results.items():
        print(f"results: {path}: {fault}; it is made again", file=sys.stderr)
    workflow.dag_settings.forcerun = {
        *workflow.dag_settings.forcerun,
        *changed_results,
    }


onstart:
    run_lock = only_run()  # until this process ends
    workflow.globals["run_lock"] = run_lock
    kept = [job for job in workflow.dag.jobs if not workflow.dag.needrun(job)]
    damaged = stale_inputs(str(path) for job in kept for path in job.output)
    for path, fault in damaged.items():
        print(f"results: {path}: {fault}; deleted, run again", file=sys.stderr)
    if damaged:
        sys.exit(1)
    plan(config, [str(path) for job in workflow.dag.jobs for path in job.output])


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
        root=str(ROOT),
    message:
        "Name everything that was made, with its SHA-256"
    script:
        "../scripts/write_manifest.py"
