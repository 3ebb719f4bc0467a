# Which restrictions of the structured theorem fall when one is lifted at a time.
RESTRICTIONS = config["restrictions"]
RESTRICTED = ["structured_convolution", "activated_convolution"]  # loaded by name


rule measure_restrictions:
    input:
        code=code(
            "restrictions.measure", RESTRICTIONS["solver"], constructions=RESTRICTED
        ),
    output:
        "results/measure/restrictions/{shard}.parquet",
    log:
        "results/logs/measure_restrictions/{shard}.log",
    benchmark:
        "results/benchmarks/measure_restrictions/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        stage="restrictions.measure",
        settings=RESTRICTIONS,
        seed=SEED,
        device=config["device"],
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Tickets with one restriction lifted, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule collect_restrictions:
    input:
        restrictions=expand(
            "results/measure/restrictions/{shard}.parquet",
            shard=range(RESTRICTIONS["shards"]),
        ),
        code=code("collect"),
    output:
        restrictions="results/measure/restrictions.parquet",
    log:
        "results/logs/collect_restrictions.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        stage="collect",
        kinds={"restrictions": "restrictions"},
        order="replicate",
    message:
        "Gather the tickets with one restriction lifted"
    script:
        "../scripts/run_stage.py"
