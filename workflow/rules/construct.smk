# The chosen filters become physically smaller networks.
rule construct_tickets:
    input:
        target=arm_target,
        sources="results/sample/sources/{arm}.npz",
        blocks="results/solve/blocks/{arm}/{replicate}.parquet",
        code=code("construct_tickets", constructions=[CONSTRUCTION]),
    output:
        networks="results/construct/{arm}/{replicate}.npz",
        rows="results/construct/{arm}/{replicate}.parquet",
    log:
        "results/logs/construct_tickets/{arm}/{replicate}.log",
    benchmark:
        "results/benchmarks/construct_tickets/{arm}/{replicate}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        arm=lambda wildcards: ARMS[wildcards.arm],
        seed=SEED,
        replicate=lambda wildcards: int(wildcards.replicate),
    message:
        "Construct the tickets of {wildcards.arm}, replicate {wildcards.replicate}"
    script:
        "../scripts/construct_tickets.py"
