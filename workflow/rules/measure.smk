# Success rates with intervals, certified errors, accuracies.
rule measure_thresholds:
    input:
        cells=expand("results/solve/cells/{shard}.parquet", shard=SHARDS),
        code=code("measure_thresholds"),
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
        confidence=config["threshold"]["confidence"],
    message:
        "Success rates of MRSS with their intervals and predictions"
    script:
        "../scripts/measure_thresholds.py"


rule measure_tickets:
    input:
        target=arm_target,
        networks="results/construct/{arm}/{replicate}.npz",
        rows="results/construct/{arm}/{replicate}.parquet",
        data=arm_data,
        code=code("measure_tickets"),
    output:
        "results/measure/tickets/{arm}/{replicate}.parquet",
    log:
        "results/logs/measure_tickets/{arm}/{replicate}.log",
    benchmark:
        "results/benchmarks/measure_tickets/{arm}/{replicate}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards: memory_of(arm_network(wildcards)["data"]),
        runtime=60,
    params:
        arm=lambda wildcards: ARMS[wildcards.arm],
        network=arm_network,
        bracket=config["bracket"],
        device=config["device"],
        seed=SEED,
        replicate=lambda wildcards: int(wildcards.replicate),
    message:
        "Certified errors and accuracies of {wildcards.arm}, replicate {wildcards.replicate}"
    script:
        "../scripts/measure_tickets.py"


rule collect_tickets:
    input:
        tickets=per_replicate("results/measure/tickets/{arm}/{replicate}.parquet"),
        blocks=per_replicate("results/solve/blocks/{arm}/{replicate}.parquet"),
        networks=expand("results/sample/targets/{network}.parquet", network=NETWORKS),
        code=code("collect_tickets"),
    output:
        tickets="results/measure/tickets.parquet",
        blocks="results/measure/blocks.parquet",
        networks="results/measure/networks.parquet",
    log:
        "results/logs/collect_tickets.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    message:
        "Gather the rows of every ticket, subset problem and target"
    script:
        "../scripts/collect_tickets.py"
