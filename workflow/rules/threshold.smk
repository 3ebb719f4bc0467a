# Success probability of MRSS against n.
THRESHOLD = config["threshold"]


rule sample_cells:
    input:
        code=code("threshold.sample"),
    output:
        "results/sample/cells/{shard}.parquet",
    log:
        "results/logs/sample_cells/{shard}.log",
    benchmark:
        "results/benchmarks/sample_cells/{shard}.tsv"
    priority: 2  # what waits for it, a long prediction, has to follow
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        stage="threshold.sample",
        settings={
            key: THRESHOLD[key]
            for key in ("ensembles", "eps", "grid", "replicates", "shards")
        },
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Draw the keys of the MRSS instances, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule solve_cells:
    input:
        cells="results/sample/cells/{shard}.parquet",
        code=code("threshold.solve", THRESHOLD["solver"]),
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
        stage="threshold.solve",
        solver=THRESHOLD["solver"],
        device=config["device"],
    message:
        "Decide the MRSS instances of shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule measure_thresholds:
    input:
        cells=expand(
            "results/solve/cells/{shard}.parquet", shard=range(THRESHOLD["shards"])
        ),
        code=code("threshold.measure"),
    output:
        "results/measure/thresholds.parquet",
    log:
        "results/logs/measure_thresholds.log",
    benchmark:
        "results/benchmarks/measure_thresholds.tsv"
    priority: 2  # as sample_cells
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        stage="threshold.measure",
        confidence=THRESHOLD["confidence"],
    message:
        "Success rates of MRSS with their intervals and predictions"
    script:
        "../scripts/run_stage.py"
