# Figures, tables and numbers of the paper, and the paper.
MEASURED = {
    "thresholds": "results/measure/thresholds.parquet",
    "tickets": "results/measure/tickets.parquet",
    "blocks": "results/measure/blocks.parquet",
    "networks": "results/measure/networks.parquet",
    "learned": "results/measure/learned.parquet",
    "routes": "results/measure/routes.parquet",
}
FIGURES = rendered("figures", "FIGURES")
TABLES = rendered("tables", "TABLES")
PROSE = sorted(
    f"paper/sections/{path.name}" for path in (ROOT / "paper/sections").glob("*.tex")
)


rule render_figures:
    input:
        **MEASURED,
        code=code("render_figures"),
    output:
        paper=expand("paper/figures/{name}.pdf", name=FIGURES),
        report=[
            report(
                f"results/render/figures/{name}.svg",
                caption=f"../report/{name}.rst",
                category="Figures",
                labels={"figure": name},
            )
            for name in FIGURES
        ],
    log:
        "results/logs/render_figures.log",
    benchmark:
        "results/benchmarks/render_figures.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Draw the figures"
    script:
        "../scripts/render_figures.py"


rule render_tables:
    input:
        **MEASURED,
        code=code("render_tables"),
    output:
        paper=expand("paper/tables/{name}.tex", name=TABLES),
        report=[
            report(
                f"results/render/tables/{name}.html",
                caption=f"../report/{name}.rst",
                category="Tables",
                labels={"table": name},
            )
            for name in TABLES
        ],
    log:
        "results/logs/render_tables.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=config,
        source=lambda _: commit_of(ROOT),
    message:
        "Set the tables"
    script:
        "../scripts/render_tables.py"


rule render_numbers:
    input:
        **MEASURED,
        code=code("render_numbers"),
    output:
        "paper/numbers.tex",
    log:
        "results/logs/render_numbers.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=config,
    message:
        "Write the numbers and the sentences that the data choose"
    script:
        "../scripts/render_numbers.py"


# In a folder of its own, as that of another workflow, the written part of the paper is put beside the computed one.
for path in ["paper/main.tex", "paper/references.bib", *PROSE] if ELSEWHERE else []:

    rule:
        name:
            f"copy_{Path(path).stem}"
        input:
            str(ROOT / path),
        output:
            path,
        localrule: True
        resources:
            mem_mb=100,
            runtime=1,
        message:
            f"Copy {path}"
        shell:
            "cp {input:q} {output:q}"


rule compile_paper:
    input:
        main="paper/main.tex",
        references="paper/references.bib",
        numbers="paper/numbers.tex",
        figures=expand("paper/figures/{name}.pdf", name=FIGURES),
        tables=expand("paper/tables/{name}.tex", name=TABLES),
        benchmark=[
            rules.render_benchmark.output.figure,
            rules.render_benchmark.output.macros,
            rules.render_benchmark.output.times,
            rules.render_benchmark.output.errors,
        ],
        sections=PROSE,
        parts=SECTION_PARTS,
        code=code("compile_paper"),
    output:
        report(
            "paper/main.pdf",
            caption="../report/paper.rst",
            category="Paper",
            labels={"document": "paper"},
        ),
    log:
        "results/logs/compile_paper.log",
    conda:
        "../../envs/tex.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Compile the paper"
    script:
        "../scripts/compile_paper.py"
