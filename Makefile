# `make` without a target lists the targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Two processes with one thread each; the tests of a file run in one process. A hanging test ends the run.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile --max-worker-restart 0
export PIP_DISABLE_PIP_VERSION_CHECK = 1

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

lesson: .venv/learn  ## install, then run the whole lesson on MNIST; writes an HTML report to runs/
	@$(BIN)/inklab lesson

web: .venv/web  ## install, then open the workbench in the browser
	@$(BIN)/inklab web

test: .venv/dev  ## install the test tools, then run all tests
	@$(PYTEST)

check: .venv/dev  ## what CI runs: format, lint, spelling, types, then all tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/codespell
	@$(BIN)/mypy
	@$(PYTEST)

docs: .venv/dev  ## regenerate the generated pages and pictures in docs/
	@$(BIN)/python tools/cli_page.py
	@$(BIN)/python tools/http_page.py
	@$(BIN)/python tools/recipes_page.py
	@$(BIN)/python tools/zoo_page.py
	@$(BIN)/python tools/performance_page.py
	@$(BIN)/python tools/real_pictures_page.py
	@$(BIN)/python tools/layers_picture.py

site: .venv/docs .venv/course  ## build the documents, the Python API, and the course as a website in build/site
	@$(BIN)/python tools/build_site.py

bench: .venv/dev  ## compare the speed with other libraries and the hardware limit (17 minutes; QUICK=1: 3 minutes)
	@$(BIN)/python benchmarks/throughput.py
	@$(BIN)/python benchmarks/roofline.py
	@$(BIN)/python benchmarks/scaling.py
	@$(BIN)/python benchmarks/time_to_accuracy.py
	@$(BIN)/python benchmarks/reading.py

zoo: .venv/dev  ## train every recipe that fits two cores, three seeds or more, and record the errors (seven hours; resumable)
	@$(BIN)/python benchmarks/reproduce.py

network: .venv/dev  ## train the included network from scratch and evaluate it, also on PICTURES=FOLDER (over an hour; resumable)
	@$(BIN)/python benchmarks/network.py $(if $(PICTURES),--pictures $(PICTURES))

course: .venv/course  ## execute the four notebooks at full length and write them as pages to build/course
	@$(BIN)/python lessons/course.py

course-open: $(patsubst lessons/%.py,runs/course/%.ipynb,$(wildcard lessons/[0-9]-*.py))  ## open the notebooks in JupyterLab; your changes are kept in runs/course
	@$(BIN)/jupyter lab runs/course

clean:  ## remove the environment and caches, but not runs/
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

# Created only if it is missing: it holds the reader's changes.
runs/course/%.ipynb: | .venv/course
	@mkdir -p $(@D)
	@$(BIN)/jupytext --quiet --to notebook --output $@ lessons/$*.py

.PHONY: help lesson web test check docs site bench zoo network course course-open clean
