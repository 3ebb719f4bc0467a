# Error of the structured construction against depth, at the same n a layer.
DEPTH = config["depth"]


rule measure_depth:
    input:
        code=code("depth.measure", "auto", constructions=[CONSTRUCTION]),
    output:
        "results/measure/depth/{shard}.parquet",
    log:
        "results/logs/measure_depth/{shard}.log",
    benchmark:
        "results/benchmarks/measure_depth/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        stage="depth.measure",
        settings=DEPTH,
        bracket=config["bracket"],
        device=config["device"],
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Errors against depth, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule collect_depth:
    input:
        depth=expand(
            "results/measure/depth/{shard}.parquet", shard=range(DEPTH["shards"])
        ),
        code=code("collect"),
    output:
        depth="results/measure/depth.parquet",
    log:
        "results/logs/collect_depth.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        stage="collect",
        kinds={"depth": "depth"},
    message:
        "Gather the errors against depth"
    script:
        "../scripts/run_stage.py"
