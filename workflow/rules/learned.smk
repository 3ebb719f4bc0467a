# Masks that are learned: of random networks of their own, and of the tickets' random networks.
LEARNED = config["learned"]
LEARNED_ARMS = {name: arm for name, arm in ARMS.items() if arm["learned"]}


rule learn_masks:
    input:
        data=data_files(LEARNED["data"]),
        code=code("learned.learn", methods=["magnitude", *LEARNED["methods"]]),
    output:
        "results/learn/masks/{shard}.parquet",
    log:
        "results/logs/learn_masks/{shard}.log",
    benchmark:
        "results/benchmarks/learn_masks/{shard}.tsv"
    priority: 3  # the longest jobs first: short ones fill the cores at the end
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory_of(LEARNED["data"]),
        runtime=240,
    params:
        stage="learned.learn",
        folder=config["data_folder"],
        settings=LEARNED,
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Learn masks and measure their null controls, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule learn_longer:
    input:
        data=data_files(LEARNED["data"]),
        code=code("learned.longer", methods=LEARNED["methods"]),
    output:
        "results/learn/longer/{method}.parquet",
    log:
        "results/logs/learn_longer/{method}.log",
    benchmark:
        "results/benchmarks/learn_longer/{method}.tsv"
    wildcard_constraints:
        method="|".join(LEARNED["methods"]),
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory_of(LEARNED["data"]),
        runtime=240,
    params:
        stage="learned.longer",
        folder=config["data_folder"],
        settings=LEARNED,
        seed=SEED,
        method=lambda wildcards: wildcards.method,
    message:
        "Learn masks by {wildcards.method} for longer"
    script:
        "../scripts/run_stage.py"


rule learn_routes:
    input:
        target=arm_target,
        sources="results/sample/sources/{arm}.npz",
        rows="results/construct/{arm}/{shard}.parquet",
        data=arm_data,
        code=code("learned.routes", methods=["edge_popup", "magnitude"]),
    output:
        "results/learn/routes/{arm}/{shard}.parquet",
    log:
        "results/logs/learn_routes/{arm}/{shard}.log",
    benchmark:
        "results/benchmarks/learn_routes/{arm}/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards: memory_of(arm_network(wildcards)["data"]),
        runtime=120,
    params:
        stage="learned.routes",
        folder=config["data_folder"],
        arm=lambda wildcards: ARMS[wildcards.arm],
        network=arm_network,
        learned={key: LEARNED[key] for key in ("epochs", "batch")},
        bracket=config["bracket"],
        device=config["device"],
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Prune the random networks of {wildcards.arm}, shard {wildcards.shard}, by learning"
    script:
        "../scripts/run_stage.py"


rule collect_learned:
    input:
        learned=expand(
            "results/learn/masks/{shard}.parquet", shard=range(LEARNED["shards"])
        ),
        learned_longer=expand(
            "results/learn/longer/{method}.parquet",
            method=LEARNED["methods"] if LEARNED["longer"] else [],
        ),
        routes=per_arm("results/learn/routes/{arm}/{shard}.parquet", LEARNED_ARMS),
        code=code("learned.collect"),
    output:
        learned="results/measure/learned.parquet",
        learned_longer="results/measure/learned_longer.parquet",
        routes="results/measure/routes.parquet",
    log:
        "results/logs/collect_learned.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        stage="learned.collect",
    message:
        "Gather the rows of every learned mask"
    script:
        "../scripts/run_stage.py"
