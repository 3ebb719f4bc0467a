from slth.studies.printing.abstract import write_abstract
from slth.studies.printing.latex import compile_pdf

pdf, abstract = snakemake.output
compile_pdf(snakemake.input.main, pdf, "results/render/latex", snakemake.log[0])
write_abstract("paper", abstract)
