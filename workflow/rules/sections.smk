# One rendering rule for each section of the paper that stands by itself.
SECTIONS = constant(ROOT / "src/slth/studies/sections.py", "SECTIONS")
SECTION_PARTS = [
    f"paper/numbers/{name}.tex" for name in SECTIONS
]  # what the paper includes

for section, (module, tables) in SECTIONS.items():
    path = ROOT / "src" / Path(*module.split(".")).with_suffix(".py")
    drawn, listed = constant(path, "FIGURES"), constant(path, "TABLES")
    measured = {table: f"results/measure/{table}.parquet" for table in tables}
    SECTION_PARTS += [f"paper/figures/{name}.pdf" for name in drawn]
    SECTION_PARTS += [f"paper/tables/{name}.tex" for name in listed]

    rule:
        name:
            f"render_{section}"
        input:
            measured=list(measured.values()),
            code=code("render_section", modules=[module]),
        output:
            numbers=f"paper/numbers/{section}.tex",
            paper=[f"paper/figures/{name}.pdf" for name in drawn]
            + [f"paper/tables/{name}.tex" for name in listed],
            figures=[
                report(
                    f"results/render/figures/{name}.svg",
                    caption=f"../report/{name}.rst",
                    category="Figures",
                    labels={"figure": name},
                )
                for name in drawn
            ],
            tables=[
                report(
                    f"results/render/tables/{name}.html",
                    caption=f"../report/{name}.rst",
                    category="Tables",
                    labels={"table": name},
                )
                for name in listed
            ],
        log:
            f"results/logs/render_{section}.log",
        conda:
            "../../envs/cpu.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            section=section,
            measured=measured,
        message:
            f"Set the section {section}"
        script:
            "../scripts/render_section.py"
