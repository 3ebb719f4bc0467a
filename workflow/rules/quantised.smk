# Quantised networks: at which size integer candidates hit every integer target exactly.
QUANTISED = config["quantised"]


rule measure_quantised:
    input:
        code=code("quantised.measure"),
    output:
        "results/measure/quantised/{shard}.parquet",
    log:
        "results/logs/measure_quantised/{shard}.log",
    benchmark:
        "results/benchmarks/measure_quantised/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        stage="quantised.measure",
        settings=QUANTISED,
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Sizes at which every target is hit, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule collect_quantised:
    input:
        quantised=expand(
            "results/measure/quantised/{shard}.parquet",
            shard=range(QUANTISED["shards"]),
        ),
        code=code("collect"),
    output:
        quantised="results/measure/quantised.parquet",
    log:
        "results/logs/collect_quantised.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        stage="collect",
        kinds={"quantised": "quantised"},
        order="replicate",
    message:
        "Gather the sizes at which every target is hit"
    script:
        "../scripts/run_stage.py"


rule predict_quantised:
    input:
        code=code("quantised.predict"),
    output:
        "results/measure/quantised_law.parquet",
    log:
        "results/logs/predict_quantised.log",
    benchmark:
        "results/benchmarks/predict_quantised.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        stage="quantised.predict",
        settings=QUANTISED,
    message:
        "Predicted chances that every target is hit"
    script:
        "../scripts/run_stage.py"
