# Neurons alone are removed: least error of one ReLU neuron over all subsets of random ones.
NEURONS = config["neurons"]


rule measure_neurons:
    input:
        code=code("neurons.measure", "mitm"),
    output:
        "results/measure/neurons/{shard}.parquet",
    log:
        "results/logs/measure_neurons/{shard}.log",
    benchmark:
        "results/benchmarks/measure_neurons/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        stage="neurons.measure",
        settings=NEURONS,
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Best subsets of random neurons, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule collect_neurons:
    input:
        neurons=expand(
            "results/measure/neurons/{shard}.parquet", shard=range(NEURONS["shards"])
        ),
        code=code("collect"),
    output:
        neurons="results/measure/neurons.parquet",
    log:
        "results/logs/collect_neurons.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        stage="collect",
        kinds={"neurons": "neurons"},
        order="replicate",
    message:
        "Gather the best subsets of random neurons"
    script:
        "../scripts/run_stage.py"
