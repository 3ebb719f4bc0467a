from slth.studies.printing.latex import compile_pdf

compile_pdf(snakemake.input.main, snakemake.output[0], "results/render/latex", snakemake.log[0])
