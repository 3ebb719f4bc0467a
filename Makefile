# make paper, from a bare machine to paper/main.pdf. `make help` lists the rest.
# RUN=name CONFIG=changes.yaml: a run of its own in runs/name/ (paper, full, verify)
# PYTHON=… another interpreter · SNAKEMAKE_ARGS="…" and PYTEST_ARGS="…" are passed on
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
STAMP := $(VENV)/.complete
# by the interpreter: pip's scripts hand the path of the folder to a shell
SNAKEMAKE := $(VENV)/bin/python -m snakemake
RUNTIME_PINS := pyproject.toml constraints.txt
SNAKEMAKE_ARGS ?=
RUN ?=
CONFIG ?=
# A named run has its own results and paper; the rules and config.yaml are those above it.
PLACE := $(if $(RUN),runs/$(RUN),.)
ROUND := $(SNAKEMAKE) --snakefile $(CURDIR)/Snakefile --directory $(PLACE) \
  $(if $(RUN),--workflow-profile $(CURDIR)/profiles/default) $(if $(CONFIG),--configfile $(abspath $(CONFIG)))
PYTEST_ARGS ?=
BENCH_ARGS ?=
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
unexport PYTHONDONTWRITEBYTECODE # every job reads the library: half a second more without bytecode

.PHONY: help paper run compare full report gallery verify test test-all test-faults test-slurm bench latency check docs tex environment slurm schema lock clean distclean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

paper: $(STAMP) tex run ## run config.yaml, from samples to paper/main.pdf
	$(ROUND) --cores all $(SNAKEMAKE_ARGS)

run:
	@case '$(RUN)' in *[!A-Za-z0-9._-]*|.*) echo "RUN: takes letters, digits, . _ -"; exit 1;; esac
	@if [ -n '$(RUN)' ]; then mkdir -p '$(PLACE)' && ln -sfn ../../config.yaml '$(PLACE)/config.yaml'; fi

compare: $(STAMP) ## list the numbers of the paper that differ between two runs: A=mine B=other (default: the run here)
	@$(VENV)/bin/python -m slth.studies.compare $(if $(filter default,$(or $(A),default)),.,runs/$(A)) $(if $(filter default,$(or $(B),default)),.,runs/$(B))

full: $(STAMP) tex ## the same at publication size: config/full.yaml
	$(SNAKEMAKE) --cores all --configfile config/full.yaml $(SNAKEMAKE_ARGS)

report: paper ## report.html: every figure and table with its caption, one file
	$(SNAKEMAKE) --cores all --report report.html $(SNAKEMAKE_ARGS)

GALLERY := construction success atlas_search cnn_sizes cnn_kernels cnn_digits error
gallery: paper ## draw the pictures of docs/gallery.md anew from a run of config.yaml
	cp $(GALLERY:%=results/render/figures/%.svg) docs/gallery/

verify: $(STAMP) ## compare every file of the last run with its SHA-256 in results/manifest.json
	cd $(PLACE) && $(CURDIR)/$(VENV)/bin/python -m slth.manifest

test: $(STAMP) ## run the tests, the pipeline with few studies included, without the further cases of sweeps
	$(VENV)/bin/slth warm-up
	$(VENV)/bin/python -m pytest -n 2 -m 'not sweep' $(PYTEST_ARGS)

test-all: $(STAMP) ## run every test: all cases of sweeps, the pipeline with all studies, and once more through kills
	$(VENV)/bin/slth warm-up
	$(VENV)/bin/python -m pytest -n 2 $(PYTEST_ARGS)

test-faults: $(STAMP) tex ## kill runs, fill disks, damage results: every run ends in the same bytes (20 minutes)
	$(VENV)/bin/python -m pytest tests/faults $(PYTEST_ARGS)

test-slurm: $(STAMP) tex slurm ## the same on a Slurm of one node, which it installs (Debian, root) and stops again
	$(VENV)/bin/python -m pytest tests/slurm $(PYTEST_ARGS)

bench: $(STAMP) ## time the solvers beside the peers that are installed (up to 30 minutes), then the paper
	$(VENV)/bin/python -m benchmarks.run --out results/benchmark/benchmark.json $(BENCH_ARGS)
	$(SNAKEMAKE) --cores all $(SNAKEMAKE_ARGS)

latency: $(STAMP) ## time stored tickets: zeros, compressed rows, shrunk; of a layer and of a VGG (five minutes), then the paper
	$(VENV)/bin/python -m benchmarks.latency --out results/benchmark/latency.json
	$(SNAKEMAKE) --cores all $(SNAKEMAKE_ARGS)

check: $(STAMP) ## linters, formatters, types, the schema for editors
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/snakefmt --check Snakefile workflow
	@PYTHONPATH=src $(VENV)/bin/python -c "from slth.configuration.schema import write; write('/dev/stdout')" \
	  | cmp - workflow/schemas/config.schema.json || { echo "the schema for editors is not current: make schema"; exit 1; }
	$(SNAKEMAKE) --lint

docs: $(STAMP) ## build the site of the documentation in site/, every warning an error
	$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[docs]'
	$(VENV)/bin/python -m mkdocs build --strict --quiet

tex: ## make sure latexmk or tectonic is there
	@workflow/tex.sh

slurm: $(STAMP) ## what profiles/slurm needs; on Debian, as root, a Slurm to test it on
	$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[slurm]'
	@workflow/slurm.sh

environment: $(STAMP) ## build .venv from the pins

# The stamp is written last: an installation that failed half way is begun again. It is no older than
# what it is of, also where that is dated tomorrow.
$(STAMP): $(RUNTIME_PINS) workflow/environment.sh
	workflow/environment.sh $(VENV)
	@touch $@
	@for file in $^; do if [ $$file -nt $@ ]; then touch -r $$file $@; fi; done

schema: $(STAMP) ## write the JSON schema for editors and docs/config.md from the typed settings, facts of docs from the classes
	PYTHONPATH=src $(VENV)/bin/python -c "from slth.configuration.schema import write; write('workflow/schemas/config.schema.json')"
	PYTHONPATH=src $(VENV)/bin/python docs/config_page.py
	PYTHONPATH=src $(VENV)/bin/python docs/facts_page.py

lock: $(STAMP) ## write constraints.txt from .venv, after changing a pin
	$(VENV)/bin/python -m pip freeze --exclude-editable --exclude slth \
	  | sed -E 's/\+[A-Za-z0-9.]+$$//' | grep -E '^[A-Za-z0-9._-]+==[^+]+$$' \
	  | grep -viE '^(nvidia|triton|cuda)' > constraints.txt.new
	mv constraints.txt.new constraints.txt

clean: ## remove everything that a run made
	@# with a slash: what a link leads to is emptied, the link stays
	if [ -d results ]; then find results/ -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf -- {} +; fi
	find paper/ -mindepth 1 -maxdepth 1 \( -name 'main.*' ! -name main.tex -o -name '.part-*' \) -exec rm -rf -- {} +
	rm -rf .snakemake paper/tables paper/figures paper/numbers paper/numbers.tex paper/benchmark.tex report.html report.zip

distclean: clean ## clean, and remove .venv
	rm -rf $(VENV)
