# The price of structure and of depth: tickets of small targets drawn at random.
PRICE, DEPTH = config["price"], config["depth"]
PRICED = sorted({CONSTRUCTION, *(arm["construction"] for arm in PRICE["arms"])})


rule measure_price:
    input:
        code=code("measure_price", "auto", constructions=PRICED),
    output:
        price="results/measure/price/{shard}.parquet",
        sizes="results/measure/sizes/{shard}.parquet",
    log:
        "results/logs/measure_price/{shard}.log",
    benchmark:
        "results/benchmarks/measure_price/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=6000,  # binary_polylog with ten digits: 25 million weights, and copies
        runtime=120,
    params:
        settings=PRICE,
        bracket=config["bracket"],
        device=config["device"] if PRICE["certify"] == "bracket" else "cpu",
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Errors and sizes of every construction's tickets, shard {wildcards.shard}"
    script:
        "../scripts/measure_price.py"


rule collect_price:
    input:
        price=expand(
            "results/measure/price/{shard}.parquet", shard=range(PRICE["shards"])
        ),
        sizes=expand(
            "results/measure/sizes/{shard}.parquet", shard=range(PRICE["shards"])
        ),
        code=code("collect_price", constructions=PRICED),
    output:
        price="results/measure/price.parquet",
        sizes="results/measure/sizes.parquet",
    log:
        "results/logs/collect_price.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=PRICE,
        seed=SEED,
    message:
        "Gather the prices and what the theorems predict"
    script:
        "../scripts/collect_price.py"


rule measure_depth:
    input:
        code=code("measure_depth", "auto", constructions=[CONSTRUCTION]),
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
        settings=DEPTH,
        bracket=config["bracket"],
        device=config["device"],
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Errors against depth, shard {wildcards.shard}"
    script:
        "../scripts/measure_depth.py"


rule collect_depth:
    input:
        depth=expand(
            "results/measure/depth/{shard}.parquet", shard=range(DEPTH["shards"])
        ),
        code=code("collect_depth"),
    output:
        "results/measure/depth.parquet",
    log:
        "results/logs/collect_depth.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Gather the errors against depth"
    script:
        "../scripts/collect_depth.py"
