# The price of polynomial time: error of the beam as a power of the number of candidates.
POWER = config["power"]


rule measure_power:
    input:
        code=code("power.measure", "beam"),
    output:
        "results/measure/power/{shard}.parquet",
    log:
        "results/logs/measure_power/{shard}.log",
    benchmark:
        "results/benchmarks/measure_power/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        stage="power.measure",
        settings=POWER,
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Errors of the beam against n, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule collect_power:
    input:
        power=expand(
            "results/measure/power/{shard}.parquet", shard=range(POWER["shards"])
        ),
        code=code("collect"),
    output:
        power="results/measure/power.parquet",
    log:
        "results/logs/collect_power.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        stage="collect",
        kinds={"power": "power"},
        order="replicate",
    message:
        "Gather the errors of the beam"
    script:
        "../scripts/run_stage.py"
