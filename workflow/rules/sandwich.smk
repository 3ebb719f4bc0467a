# The error sandwich: brackets of random pairs beside their peers, and of the tickets with splitting.
SANDWICH = config["sandwich"]
# Public pairs are bracketed by the benchmark of that name, from a folder that the user has.
EQUIVALENCE = "results/benchmark/equivalence.json"
if not Path(EQUIVALENCE).exists():
    EQUIVALENCE = os.path.relpath(ROOT / "benchmarks/equivalence_reference.json")
SANDWICH_ARMS = ARMS if SANDWICH["networks"] else {}


rule sandwich_pairs:
    input:
        code=code("sandwich.solve"),
    output:
        "results/measure/sandwich/{shard}.parquet",
    log:
        "results/logs/sandwich_pairs/{shard}.log",
    benchmark:
        "results/benchmarks/sandwich_pairs/{shard}.tsv"
    priority: 1  # runs no kernel while solve_cells compiles those that others share
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        stage="sandwich.solve",
        settings=SANDWICH,
        bracket=config["bracket"],
        device=config["device"],
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Bracket random pairs of networks and probe them, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule measure_sandwich:
    input:
        pairs=expand(
            "results/measure/sandwich/{shard}.parquet", shard=range(SANDWICH["shards"])
        ),
        tickets=["results/measure/tickets.parquet"] if ARMS else [],
        networks=["results/measure/networks.parquet"] if ARMS else [],
        targets=[
            f"results/sample/targets/{arm['network']}.npz"
            for arm in SANDWICH_ARMS.values()
        ],
        constructed=[f"results/construct/{name}/0.npz" for name in SANDWICH_ARMS],
        public=EQUIVALENCE,
        code=code("sandwich.measure"),
    output:
        "results/measure/sandwich.parquet",
    log:
        "results/logs/measure_sandwich.log",
    benchmark:
        "results/benchmarks/measure_sandwich.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        stage="sandwich.measure",
        settings=SANDWICH,
        arms=SANDWICH_ARMS,
        bracket=config["bracket"],
        device=config["device"],
        seed=SEED,
    message:
        "Bracket one ticket of every arm with splitting; gather the sandwich"
    script:
        "../scripts/run_stage.py"
