# `make` alone lists the targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Two tests at a time, each on a core of its own; those of a file stay together. Where one hangs, all end.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile --max-worker-restart 0
export PIP_DISABLE_PIP_VERSION_CHECK = 1

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

lesson: .venv/learn  ## install, then give the whole lesson on real MNIST; the report is a page in runs/
	@$(BIN)/inklab lesson

web: .venv/web  ## install, then open the workbench in the browser: draw, train, look inside
	@$(BIN)/inklab web

test: .venv/dev  ## install with the test tools, then run every test
	@$(PYTEST)

check: .venv/dev  ## what CI runs: format, lint, spelling, types, then every test
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/codespell
	@$(BIN)/mypy
	@$(PYTEST)

docs: .venv/dev  ## write the generated pages and pictures of docs/ again
	@$(BIN)/python tools/cli_page.py
	@$(BIN)/python tools/http_page.py
	@$(BIN)/python tools/recipes_page.py
	@$(BIN)/python tools/zoo_page.py
	@$(BIN)/python tools/performance_page.py
	@$(BIN)/python tools/layers_picture.py

site: .venv/docs .venv/course  ## build the documents, the Python API and the course as a web site in build/site
	@$(BIN)/python tools/build_site.py

bench: .venv/dev  ## inklab beside its peers, and near the machine's limit (17 minutes; QUICK=1: three)
	@$(BIN)/python benchmarks/throughput.py
	@$(BIN)/python benchmarks/roofline.py
	@$(BIN)/python benchmarks/scaling.py
	@$(BIN)/python benchmarks/time_to_accuracy.py
	@$(BIN)/python benchmarks/reading.py

zoo: .venv/dev  ## train every recipe that fits two cores, three seeds each or more (about seven hours; resumes), and write down the errors
	@$(BIN)/python benchmarks/reproduce.py

network: .venv/dev  ## train the shipped network from scratch (over an hour; resumes), measure it (PICTURES=FOLDER: on those too)
	@$(BIN)/python benchmarks/network.py $(if $(PICTURES),--pictures $(PICTURES))

course: .venv/course  ## execute the course's four lessons at full length, and write them as pages in build/course
	@$(BIN)/python lessons/course.py

course-open: $(patsubst lessons/%.py,runs/course/%.ipynb,$(wildcard lessons/[0-9]-*.py))  ## the course in JupyterLab, to work through; what you write is kept in runs/course
	@$(BIN)/jupyter lab runs/course

clean:  ## remove what was installed and cached; runs/ stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist src/*.egg-info

.venv/pip: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "inklab needs Python 3.11 or newer; $(PYTHON) is older: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { rm -rf .venv; echo "Python's venv is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet --constraint constraints.txt setuptools
	@touch $@

.venv/learn: .venv/pip pyproject.toml
	@echo "installing inklab into .venv; the first time this takes a minute or two"
	@$(BIN)/pip install --quiet --no-build-isolation --constraint constraints.txt --editable '.[learn]'
	@touch $@

.venv/web: .venv/learn
	@$(BIN)/pip install --quiet --no-build-isolation --constraint constraints.txt --editable '.[web]'
	@touch $@

.venv/dev: .venv/learn
	@$(BIN)/pip install --quiet --no-build-isolation --constraint constraints.txt --editable '.[dev]'
	@touch $@

.venv/docs: .venv/learn
	@$(BIN)/pip install --quiet --no-build-isolation --constraint constraints.txt --editable '.[docs]'
	@touch $@

.venv/course: .venv/learn
	@$(BIN)/pip install --quiet --no-build-isolation --constraint constraints.txt --editable '.[course]'
	@touch $@

# Made where it is missing, never made anew: a reader has written in it.
runs/course/%.ipynb: | .venv/course
	@mkdir -p $(@D)
	@$(BIN)/jupytext --quiet --to notebook --output $@ lessons/$*.py

.PHONY: help lesson web test check docs site bench zoo network course course-open clean
