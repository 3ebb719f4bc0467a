# The paper: what it was made from, and its compilation.
PARTS = [f"paper/numbers/{name}.tex" for name in ("provenance", *STUDIES)]
PARTS += ["paper/tables/provenance.tex"]
for study in STUDIES:
    PARTS += [
        f"paper/figures/{name}.pdf"
        for name in studies.listed(study, "figures", "FIGURES")
    ]
    PARTS += [
        f"paper/tables/{name}.tex" for name in studies.listed(study, "tables", "TABLES")
    ]
PROSE = sorted(
    f"paper/sections/{path.name}"
    for path in (ROOT / "paper/sections").glob("*.tex")
    if path.stem in STUDIES or path.stem not in studies.names()
)


rule render_provenance:
    input:
        measured=list(MEASURED),
        code=code(None, script="render_provenance")
        + [
            os.path.relpath(ROOT / f"src/slth/studies/{each}/claims.py")
            for each in STUDIES
        ],
    output:
        "paper/numbers/provenance.tex",
        "paper/tables/provenance.tex",
        report(
            "results/render/tables/provenance.html",
            caption="../report/provenance.rst",
            category="Tables",
            subcategory=SECTIONS.get("tables/provenance", UNSHOWN),
            labels={
                "number": numbering.aligned(NUMBERS.get("tables/provenance", "")),
                "table": "provenance",
                "shows": "What the paper was made from",
            },
        ),
    log:
        "results/logs/render_provenance.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=config,
        source=lambda _: commit_of(ROOT),
        studies=STUDIES,
        measured=MEASURED,
    message:
        "State what the paper was made from"
    script:
        "../scripts/render_provenance.py"


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
        sections=PROSE,
        parts=PARTS,
        code=code(None, script="compile_paper"),
    output:
        report(
            "paper/main.pdf",
            caption="../report/paper.rst",
            category="Paper",
            labels={"document": "paper"},
        ),
        "results/render/abstract.html",
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
