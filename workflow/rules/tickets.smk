# Tickets of trained networks: train, sample, solve, construct, measure.


rule train_target:
    input:
        data=lambda wildcards: data_files(NETWORKS[wildcards.network]["data"]),
        code=code("tickets.train"),
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
        stage="tickets.train",
        settings=lambda wildcards: NETWORKS[wildcards.network],
        folder=config["data_folder"],
        seed=SEED,
    message:
        "Train the target network {wildcards.network} on {params.settings[data]}"
    script:
        "../scripts/run_stage.py"


rule sample_sources:
    input:
        target=arm_target,
        code=code("tickets.sample", constructions=[CONSTRUCTION]),
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
        stage="tickets.sample",
        arm=lambda wildcards: ARMS[wildcards.arm],
        seed=SEED,
    message:
        "Draw the random networks of {wildcards.arm}"
    script:
        "../scripts/run_stage.py"


rule solve_blocks:
    input:
        target=arm_target,
        sources="results/sample/sources/{arm}.npz",
        code=arm_code,
    output:
        "results/solve/blocks/{arm}/{shard}.parquet",
    log:
        "results/logs/solve_blocks/{arm}/{shard}.log",
    benchmark:
        "results/benchmarks/solve_blocks/{arm}/{shard}.tsv"
    priority: 1  # long
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=120,
    params:
        stage="tickets.solve",
        arm=lambda wildcards: ARMS[wildcards.arm],
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
        device=config["device"],
    message:
        "Solve the subset problems of {wildcards.arm}, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule construct_tickets:
    input:
        target=arm_target,
        sources="results/sample/sources/{arm}.npz",
        blocks="results/solve/blocks/{arm}/{shard}.parquet",
        code=code("tickets.construct", constructions=[CONSTRUCTION]),
    output:
        networks="results/construct/{arm}/{shard}.npz",
        rows="results/construct/{arm}/{shard}.parquet",
    log:
        "results/logs/construct_tickets/{arm}/{shard}.log",
    benchmark:
        "results/benchmarks/construct_tickets/{arm}/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        stage="tickets.construct",
        arm=lambda wildcards: ARMS[wildcards.arm],
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Construct the tickets of {wildcards.arm}, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule measure_tickets:
    input:
        target=arm_target,
        networks="results/construct/{arm}/{shard}.npz",
        rows="results/construct/{arm}/{shard}.parquet",
        data=arm_data,
        code=code("tickets.measure"),
    output:
        "results/measure/tickets/{arm}/{shard}.parquet",
    log:
        "results/logs/measure_tickets/{arm}/{shard}.log",
    benchmark:
        "results/benchmarks/measure_tickets/{arm}/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards: memory_of(arm_network(wildcards)["data"]),
        runtime=60,
    params:
        stage="tickets.measure",
        folder=config["data_folder"],
        arm=lambda wildcards: ARMS[wildcards.arm],
        network=arm_network,
        bracket=config["bracket"],
        device=config["device"],
        seed=SEED,
        shard=lambda wildcards: int(wildcards.shard),
    message:
        "Certified errors and accuracies of {wildcards.arm}, shard {wildcards.shard}"
    script:
        "../scripts/run_stage.py"


rule collect_tickets:
    input:
        tickets=per_arm("results/measure/tickets/{arm}/{shard}.parquet"),
        blocks=per_arm("results/solve/blocks/{arm}/{shard}.parquet"),
        networks=expand("results/sample/targets/{network}.parquet", network=NETWORKS),
        code=code("collect"),
    output:
        tickets="results/measure/tickets.parquet",
        blocks="results/measure/blocks.parquet",
        networks="results/measure/networks.parquet",
    log:
        "results/logs/collect_tickets.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        stage="collect",
        kinds={
            "tickets": "measured tickets",
            "blocks": "solved blocks",
            "networks": "targets",
        },
    message:
        "Gather the rows of every ticket, subset problem and target"
    script:
        "../scripts/run_stage.py"
