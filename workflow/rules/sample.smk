# Random instances, random networks, and the trained targets they must approximate.
rule sample_cells:
    input:
        code=code("sample_cells"),
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
        settings={
            key: config["threshold"][key]
            for key in ("ensembles", "eps", "grid", "replicates", "shards")
        },
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Draw the keys of the MRSS instances, shard {wildcards.shard}"
    script:
        "../scripts/sample_cells.py"


rule train_target:
    input:
        data=lambda wildcards: data_files(NETWORKS[wildcards.network]["data"]),
        code=code("train_target"),
    output:
        network="results/sample/targets/{network}.npz",
        row="results/sample/targets/{network}.parquet",
    log:
        "results/logs/train_target/{network}.log",
    benchmark:
        "results/benchmarks/train_target/{network}.tsv"
    priority: 1  # runs no kernel while solve_cells compiles those that others share
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards: memory_of(NETWORKS[wildcards.network]["data"]),
        runtime=30,
    params:
        settings=lambda wildcards: NETWORKS[wildcards.network],
        seed=SEED,
    message:
        "Train the target network {wildcards.network} on {params.settings[data]}"
    script:
        "../scripts/train_target.py"


rule sample_sources:
    input:
        target=arm_target,
        code=code("sample_sources", constructions=[CONSTRUCTION]),
    output:
        "results/sample/sources/{arm}.npz",
    log:
        "results/logs/sample_sources/{arm}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        arm=lambda wildcards: ARMS[wildcards.arm],
        seed=SEED,
    message:
        "Draw the random networks of {wildcards.arm}"
    script:
        "../scripts/sample_sources.py"
