# The atlas: MRSS without networks, decided shard by shard, then summed up.
ATLAS = config["atlas"]
ATLAS_SAMPLED = ["least", "lattice", "covering", "sizes", "search", "volume"]


rule solve_atlas:
    input:
        code=code(
            "atlas.solve",
            ATLAS["least"]["solver"],
            ATLAS["lattice"]["solver"],
            *ATLAS["search"]["solvers"],
        ),
    output:
        **{
            name: f"results/solve/atlas/{{shard}}/{name}.parquet"
            for name in ATLAS_SAMPLED
        },
    log:
        "results/logs/solve_atlas/{shard}.log",
    benchmark:
        "results/benchmarks/solve_atlas/{shard}.tsv"
    priority: 1  # the longest job, and one that waits for it is long
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        stage="atlas.solve",
        settings={
            **{name: ATLAS[name] for name in ATLAS_SAMPLED},
            "shards": ATLAS["shards"],
        },
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Least errors, covering radii, sizes and search of the atlas, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule measure_atlas:
    input:
        **{
            name: expand(
                "results/solve/atlas/{shard}/{name}.parquet",
                shard=range(ATLAS["shards"]),
                name=name,
            )
            for name in ATLAS_SAMPLED
        },
        code=code("atlas.measure"),
    output:
        least="results/measure/atlas_least.parquet",
        fit="results/measure/atlas_fit.parquet",
        lattice="results/measure/atlas_lattice.parquet",
        scales="results/measure/atlas_scales.parquet",
        sufficient="results/measure/atlas_sufficient.parquet",
        covering="results/measure/atlas_covering.parquet",
        sizes="results/measure/atlas_sizes.parquet",
        entropy="results/measure/atlas_entropy.parquet",
        slopes="results/measure/atlas_slopes.parquet",
        centred="results/measure/atlas_centred.parquet",
        sized="results/measure/atlas_sized.parquet",
        search="results/measure/atlas_search.parquet",
        volume="results/measure/atlas_volume.parquet",
        ratios="results/measure/atlas_ratios.parquet",
        overlaps="results/measure/atlas_overlaps.parquet",
    log:
        "results/logs/measure_atlas.log",
    benchmark:
        "results/benchmarks/measure_atlas.tsv"
    priority: 1  # long, as solve_atlas
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        stage="atlas.measure",
        confidence=ATLAS["confidence"],
        largest=ATLAS["least"]["largest"],
        tolerances=ATLAS["lattice"]["tolerances"],
        certificates=ATLAS["certificates"],
        seed=SEED,
    message:
        "Medians, rates and second moments of the atlas beside their predictions"
    script:
        "../scripts/run_stage.py"
