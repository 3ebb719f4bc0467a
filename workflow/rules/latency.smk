# Latencies are measured by `make latency`, not here, like the benchmark; without a measurement of this
# machine the paper shows the reference one, and says so.
LATENCY = "results/benchmark/latency.json"
if not Path(LATENCY).exists():
    LATENCY = os.path.relpath(ROOT / "benchmarks/latency_reference.json")


rule measure_latency:
    input:
        measured=LATENCY,
        code=code("latency.measure"),
    output:
        latency="results/measure/latency.parquet",
        latency_equal="results/measure/latency_equal.parquet",
    log:
        "results/logs/measure_latency.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        stage="latency.measure",
    message:
        "Take over the latencies of {input.measured}"
    script:
        "../scripts/run_stage.py"
