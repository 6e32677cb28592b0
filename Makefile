# The commands of the course. `make` alone lists them.
# Another Python: make lab PYTHON=python3.12      Another place: make lab VENV=/tmp/course

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
# uv is several times faster. Where only pip's own configuration leads to a package index, uv fails and pip takes over.
install = { $(PIP) --constraint constraints.txt uv && $(UV) $(1) 2> /dev/null; } || $(PIP) $(1)
LAB_ARGS ?=
PYTEST_ARGS ?=
NOTEBOOK ?=
NOTEBOOKS ?=
# Three workers for each core, because the tests wait more than they compute.
WORKERS ?= $(shell echo $$((3 * $$(nproc 2> /dev/null || getconf _NPROCESSORS_ONLN || echo 1))))

ifneq ($(words $(VENV)) $(words $(foreach sign,* ? [,$(findstring $(sign),$(VENV)))),1 0)
$(error VENV must be one folder whose path has no space, *, ? or [; it is "$(VENV)")
endif
# Never fill or remove a folder unless it is a virtual environment or empty.
IS_OURS = test -f $(VENV)/pyvenv.cfg || test -z "$$(ls -A $(VENV) 2>/dev/null)" || \
	{ echo "$(VENV) is not a virtual environment, so it was not changed. Name another folder: VENV=..."; exit 1; }

# If this is set, each kernel and each server compiles all packages again.
unexport PYTHONDONTWRITEBYTECODE

# Two goals at once would install into the same environment.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help lab copies fresh progress test lint notebooks site constraints clean environment

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /\1@/p' Makefile | while IFS=@ read name text; do printf 'make %-12s %s\n' $$name "$$text"; done

lab: copies ## install everything and open the first lesson in JupyterLab
	$(BIN)/jupyter lab $(LAB_ARGS) my-course/01_why_async.ipynb

copies: $(VENV)/installed ## put your own copy of each new lesson into my-course/
	@$(BIN)/python -m lab.copies

fresh: $(VENV)/installed ## replace one copy and keep the old one: make fresh NOTEBOOK=01_why_async
	@test -n "$(NOTEBOOK)" || { echo "Name the lesson: make fresh NOTEBOOK=01_why_async"; exit 1; }
	@$(BIN)/python -m lab.copies --fresh $(NOTEBOOK)

progress: $(VENV)/installed ## show which exercises are right in your copies; changes nothing
	@$(BIN)/python -m lab.progress $(NOTEBOOKS)

test: $(VENV)/installed-dev ## install everything and run the tests and the notebooks: pytest --nbval
	$(BIN)/pytest --nbval --numprocesses $(WORKERS) $(PYTEST_ARGS)

lint: $(VENV)/installed-dev ## check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

notebooks: $(VENV)/installed-dev ## run the lessons and save their outputs: make notebooks NOTEBOOKS=notebooks/01_why_async.ipynb
	$(BIN)/python tools/execute_notebooks.py $(NOTEBOOKS)
	$(BIN)/python tools/pictures.py

site: $(VENV)/installed-dev ## render the lessons as web pages into site/
	$(BIN)/python tools/site.py

# Keeps the pinned versions. Empty constraints.txt first to get the newest ones.
constraints: $(VENV)/installed-dev ## add the versions of new packages to constraints.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
		--no-emit-package async-http-course --custom-compile-command "make constraints" \
		--output-file constraints.txt requirements-dev.txt

clean: ## remove the virtual environment
	@$(IS_OURS)
	rm -rf $(VENV)

INSTEAD = Remove it first: make clean VENV=$(VENV). Or name another: VENV=...
HAS_NAMED_PYTHON = test "$$($(BIN)/python -V)" = "$$($(PYTHON) -V)"

# Creates the environment, or says why the existing one cannot be used.
environment:
	@$(IS_OURS)
	@test -e $(VENV)/pyvenv.cfg || { $(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("The course \
	needs Python 3.11 or later; $(PYTHON) is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")' \
		&& $(PYTHON) -m venv $(VENV); }
	@$(BIN)/pip --version > /dev/null 2>&1 || \
		{ echo "$(VENV) does not work: it was moved, or its Python or pip is gone. $(INSTEAD)"; exit 1; }
ifeq ($(origin PYTHON),command line)
	@$(HAS_NAMED_PYTHON) || { echo "$(VENV) has $$($(BIN)/python -V), not $$($(PYTHON) -V). $(INSTEAD)"; exit 1; }
endif

# Each stamp is newer than the files that list the packages, so make installs again only when one of them changes.
$(VENV)/installed: requirements.txt constraints.txt pyproject.toml | environment
	@echo "Installing the course's packages into $(VENV) (about half a minute, once) ..."
	@$(call install,--requirement requirements.txt)
	@touch $@

# requirements-dev.txt includes the course's packages.
$(VENV)/installed-dev: requirements.txt constraints.txt pyproject.toml requirements-dev.txt requirements-ipykernel7.txt | environment
	@echo "Installing the course's packages and what the tests need into $(VENV) (about half a minute, once) ..."
	@$(call install,--requirement requirements-dev.txt)
	@$(call install,--no-deps --upgrade --target $(VENV)/ipykernel7 --requirement requirements-ipykernel7.txt)
	@touch $(VENV)/installed $@
