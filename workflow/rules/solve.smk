# Subset-sum problems, each with the solver the config names.
rule solve_cells:
    input:
        cells="results/sample/cells/{shard}.parquet",
        code=code("solve_cells", config["threshold"]["solver"]),
    output:
        "results/solve/cells/{shard}.parquet",
    log:
        "results/logs/solve_cells/{shard}.log",
    benchmark:
        "results/benchmarks/solve_cells/{shard}.tsv"
    priority: 2  # as sample_cells
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        solver=config["threshold"]["solver"],
        device=config["device"],
    message:
        "Decide the MRSS instances of shard {wildcards.shard}"
    script:
        "../scripts/solve_cells.py"


rule solve_blocks:
    input:
        target=arm_target,
        sources="results/sample/sources/{arm}.npz",
        code=arm_code,
    output:
        "results/solve/blocks/{arm}/{replicate}.parquet",
    log:
        "results/logs/solve_blocks/{arm}/{replicate}.log",
    benchmark:
        "results/benchmarks/solve_blocks/{arm}/{replicate}.tsv"
    priority: 1  # long
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=120,
    params:
        arm=lambda wildcards: ARMS[wildcards.arm],
        seed=SEED,
        replicate=lambda wildcards: int(wildcards.replicate),
        device=config["device"],
    message:
        "Solve the subset problems of {wildcards.arm}, replicate {wildcards.replicate}"
    script:
        "../scripts/solve_blocks.py"
