# Structured tickets of whole networks trained on real images.
CNNS = config["cnns"]
CNNS_NETWORKS = {each["network"]: each for each in CNNS["networks"]}
CNNS_SOLVERS = {arm["solver"] for arm in CNNS["arms"]} - {"auto"}
CNNS_SOLVERS = sorted(
    CNNS_SOLVERS | {"mitm", "beam"}
)  # the last two are auto's, of whole networks
CNNS_TABLES = ["kernels", "channels", "digits", "outputs", "balls"]


rule train_cnns:
    input:
        data=data_files(CNNS["data"]),
        code=code("cnns.train"),
    output:
        network="results/sample/cnns/{cnn}.npz",
        row="results/sample/cnns/{cnn}.parquet",
    log:
        "results/logs/train_cnns/{cnn}.log",
    benchmark:
        "results/benchmarks/train_cnns/{cnn}.tsv"
    wildcard_constraints:
        cnn="|".join(CNNS_NETWORKS),
    priority: 1  # runs no kernel while solve_cells compiles those that others share
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory_of(CNNS["data"]),
        runtime=240,
    params:
        stage="cnns.train",
        folder=config["data_folder"],
        settings=lambda wildcards: {
            **CNNS_NETWORKS[wildcards.cnn],
            **{key: CNNS[key] for key in ("data", "held_out", "batch")},
        },
        seed=SEED,
    message:
        "Train {wildcards.cnn} on real images"
    script:
        "../scripts/run_stage.py"


rule build_cnns:
    input:
        data=data_files(CNNS["data"]),
        networks=expand("results/sample/cnns/{cnn}.npz", cnn=CNNS_NETWORKS),
        code=code("cnns.measure", *CNNS_SOLVERS),
    output:
        **{
            name: f"results/construct/cnns_{name}/{{shard}}.parquet"
            for name in CNNS_TABLES
        },
        tickets="results/construct/cnns/{shard}.parquet",
    log:
        "results/logs/build_cnns/{shard}.log",
        seconds="results/logs/build_cnns/{shard}.tsv",  # CPU seconds per ticket, never compared
    benchmark:
        "results/benchmarks/build_cnns/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=memory_of(CNNS["data"]) + 2000,
        runtime=240,
    params:
        stage="cnns.measure",
        folder=config["data_folder"],
        settings={key: CNNS[key] for key in CNNS if key not in ("networks", "enabled")},
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Tickets of networks trained on real images, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule collect_cnns:
    input:
        **{
            f"cnns_{name}": expand(
                "results/construct/cnns_{name}/{shard}.parquet",
                name=name,
                shard=range(CNNS["shards"]),
            )
            for name in CNNS_TABLES
        },
        cnns=expand(
            "results/construct/cnns/{shard}.parquet", shard=range(CNNS["shards"])
        ),
        cnns_networks=expand("results/sample/cnns/{cnn}.parquet", cnn=CNNS_NETWORKS),
        code=code("cnns.collect"),
    output:
        **{
            f"cnns_{name}": f"results/measure/cnns_{name}.parquet"
            for name in CNNS_TABLES
        },
        cnns="results/measure/cnns.parquet",
        cnns_networks="results/measure/cnns_networks.parquet",
    log:
        "results/logs/collect_cnns.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        stage="cnns.collect",
        kinds=["cnns", "cnns_networks", *(f"cnns_{name}" for name in CNNS_TABLES)],
        networks=list(CNNS_NETWORKS),
    message:
        "Gather the tickets of networks trained on real images"
    script:
        "../scripts/run_stage.py"
