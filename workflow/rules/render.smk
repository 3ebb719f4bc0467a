# Figures, tables, numbers and sentences of every study, from its measured tables.
MEASURED = {}  # path of every measured table that is printed: its kind


def tables_of(study):
    """Path and kind of the measured tables a study prints, and those that this run has not."""
    found = {
        name: (f"results/measure/{name}.parquet", kind)
        for name, kind in studies.listed(study, "claims", "READS").items()
    }
    absent = []
    borrowed = studies.listed(study, "claims", "BORROWS") or {}
    for owner, names in borrowed.items():
        for name, kind in names.items():
            if owner in STUDIES:
                found[name] = (f"results/measure/{name}.parquet", kind)
            else:
                absent.append(name)
    return found, absent


def labels_of(kind, study, name):
    """Number in the paper, name, and what is shown: a row of the report."""
    caption = ROOT / f"workflow/report/{study}/{name}.rst"
    return {
        "number": numbering.aligned(NUMBERS.get(f"{kind}s/{name}", "")),
        kind: name,
        "shows": numbering.shows(caption),
    }


for study in STUDIES:
    measured, absent = tables_of(study)
    MEASURED.update(dict(measured.values()))
    figures = studies.listed(study, "figures", "FIGURES")
    tables = studies.listed(study, "tables", "TABLES")

    rule:
        name:
            f"render_{study}"
        input:
            measured=[path for path, _ in measured.values()],
            code=code_of_section(study),
        output:
            numbers=f"paper/numbers/{study}.tex",
            paper=[f"paper/figures/{name}.pdf" for name in figures]
            + [f"paper/tables/{name}.tex" for name in tables],
            figures=[
                report(
                    f"results/render/figures/{name}.svg",
                    caption=f"../report/{study}/{name}.rst",
                    category="Figures",
                    subcategory=SECTIONS.get(f"figures/{name}", UNSHOWN),
                    labels=labels_of("figure", study, name),
                )
                for name in figures
            ],
            tables=[
                report(
                    f"results/render/tables/{name}.html",
                    caption=f"../report/{study}/{name}.rst",
                    category="Tables",
                    subcategory=SECTIONS.get(f"tables/{name}", UNSHOWN),
                    labels=labels_of("table", study, name),
                )
                for name in tables
            ],
        log:
            f"results/logs/render_{study}.log",
        conda:
            "../../envs/cpu.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            study=study,
            words=words_of_section(study),
            measured=measured,
            absent=absent,
        message:
            f"Set the section {study}"
        script:
            "../scripts/render_study.py"
