# The benchmark is measured by `make bench`, not here: timings differ from run to run. Without a
# measurement of this machine the paper shows the reference one, and says so.
BENCHMARK = "results/benchmark/benchmark.json"
if not Path(BENCHMARK).exists():
    BENCHMARK = os.path.relpath(ROOT / "benchmarks/reference.json")


rule render_benchmark:
    input:
        measured=BENCHMARK,
        code=code("render_benchmark"),
    output:
        figure="paper/figures/benchmark.pdf",
        macros="paper/benchmark.tex",
        times="paper/tables/benchmark_times.tex",
        errors="paper/tables/benchmark_errors.tex",
        report_figure=report(
            "results/render/figures/benchmark.svg",
            caption="../report/benchmark.rst",
            category="Figures",
            labels={"figure": "benchmark"},
        ),
        report_times=report(
            "results/render/tables/benchmark_times.html",
            caption="../report/benchmark_times.rst",
            category="Tables",
            labels={"table": "benchmark_times"},
        ),
        report_errors=report(
            "results/render/tables/benchmark_errors.html",
            caption="../report/benchmark_errors.rst",
            category="Tables",
            labels={"table": "benchmark_errors"},
        ),
    log:
        "results/logs/render_benchmark.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Set the benchmark of {input.measured}"
    script:
        "../scripts/render_benchmark.py"
