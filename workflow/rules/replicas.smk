# Published experiments of one dimension, run again.
REPLICAS = config["replicas"]


rule train_replica:
    input:
        data=data_files(REPLICAS["dense"]["data"]),
        code=code("replicas.train"),
    output:
        "results/sample/replicas/dense.npz",
    log:
        "results/logs/train_replica.log",
    benchmark:
        "results/benchmarks/train_replica.tsv"
    priority: 1  # runs no kernel while solve_cells compiles those that others share
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory_of(REPLICAS["dense"]["data"]),
        runtime=240,
    params:
        stage="replicas.train",
        folder=config["data_folder"],
        settings={
            key: value
            for key, value in REPLICAS["dense"].items()
            if key not in ("n", "eps", "seeds", "shards")
        },
        seed=SEED,
    message:
        "Train the dense network of the published experiment on {params.settings[data]}"
    script:
        "../scripts/run_stage.py"


rule build_replicas:
    input:
        target="results/sample/replicas/dense.npz",
        data=data_files(REPLICAS["dense"]["data"]),
        code=code("replicas.dense", "mitm", constructions=["rss_dense"]),
    output:
        "results/construct/replicas/{shard}.parquet",
    log:
        "results/logs/build_replicas/{shard}.log",
    benchmark:
        "results/benchmarks/build_replicas/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=dense_ticket_mb(REPLICAS["dense"]),
        runtime=120,
    params:
        stage="replicas.dense",
        folder=config["data_folder"],
        settings=REPLICAS["dense"],
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Build the dense network from random ones, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule collect_replicas:
    input:
        dense=expand(
            "results/construct/replicas/{shard}.parquet",
            shard=range(REPLICAS["dense"]["shards"]),
        ),
        code=code("collect"),
    output:
        dense="results/measure/replicas_dense.parquet",
    log:
        "results/logs/collect_replicas.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        stage="collect",
        kinds={"dense": "replicas_dense"},
    message:
        "Gather the rows of the dense tickets"
    script:
        "../scripts/run_stage.py"


rule measure_sums:
    input:
        data=data_files(REPLICAS["lenet"]["data"]),
        code=code("replicas.sums", "mitm"),
    output:
        lenet="results/measure/replicas_lenet.parquet",
        failures="results/measure/replicas_failures.parquet",
    log:
        "results/logs/measure_sums.log",
    benchmark:
        "results/benchmarks/measure_sums.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory_of(REPLICAS["lenet"]["data"]),
        runtime=240,
    params:
        stage="replicas.sums",
        folder=config["data_folder"],
        lenet=REPLICAS["lenet"],
        failures=config["replicas"]["failures"],
        seed=SEED,
    message:
        "Imitate the weights of LeNet-5, count failures"
    script:
        "../scripts/run_stage.py"
