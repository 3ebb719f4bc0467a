# The price of structure: tickets of small targets drawn at random.
PRICE = config["price"]
PRICED = sorted({CONSTRUCTION, *(arm["construction"] for arm in PRICE["arms"])})


rule measure_price:
    input:
        code=code("price.measure", "auto", constructions=PRICED),
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
        stage="price.measure",
        settings=PRICE,
        bracket=config["bracket"],
        device=config["device"] if PRICE["certify"] == "bracket" else "cpu",
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Errors and sizes of every construction's tickets, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule collect_price:
    input:
        price=expand(
            "results/measure/price/{shard}.parquet", shard=range(PRICE["shards"])
        ),
        sizes=expand(
            "results/measure/sizes/{shard}.parquet", shard=range(PRICE["shards"])
        ),
        code=code("price.collect", constructions=PRICED),
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
        stage="price.collect",
        settings=PRICE,
        seed=SEED,
    message:
        "Gather the prices and what the theorems predict"
    script:
        "../scripts/run_stage.py"
