# make lab       sets everything up and opens the first lesson
# make test      sets everything up and runs the tests and the notebooks: pytest --nbval, several at a time
# make progress  tells how far you are with the exercises; your notebooks stay as they are
# Other Python: make lab PYTHON=python3.12      Other place: make lab VENV=/tmp/course

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
LAB_ARGS ?=
PYTEST_ARGS ?=
NOTEBOOKS ?=
# Tests wait more than they compute: two cores take fourteen at a time, or twelve, where a browser computes as well.
WORKERS ?= $(if $(shell command -v chromium || command -v chromium-browser || command -v google-chrome),12,14)

ifneq ($(words $(VENV)) $(words $(foreach sign,* ? [,$(findstring $(sign),$(VENV)))),1 0)
$(error VENV must be one folder, its path without spaces, *, ? and [; it is "$(VENV)")
endif
# What is cleared or removed must be an environment, or nothing yet.
IS_OURS = test -f $(VENV)/pyvenv.cfg || test -z "$$(ls -A $(VENV) 2>/dev/null)" || \
	{ echo "$(VENV) holds something that is no virtual environment; it is left alone. Name another: VENV=..."; exit 1; }

# Says `gone` of an environment of another Python than the one that is named; and of one that does not work (any more):
# its Python is gone, as after an upgrade of the system's, or it was moved, and its programs do not find their Python.
OTHER := $(if $(findstring command,$(origin PYTHON)),$(shell $(BIN)/python -V > /dev/null 2>&1 \
	&& test "$$($(BIN)/python -V)" != "$$($(PYTHON) -V 2>/dev/null)" && echo gone))
PIP_RUNS = ! test -e $(BIN)/pip || $(BIN)/pip --version > /dev/null 2>&1
GONE := $(or $(OTHER),$(shell $(BIN)/python -c 'import pip' 2>/dev/null && { $(PIP_RUNS); } || echo gone))

# Where it is set, each kernel and each server that starts compiles the course and all its packages anew.
unexport PYTHONDONTWRITEBYTECODE

# Two goals at once would install into one environment.
.NOTPARALLEL:
.PHONY: lab test progress notebooks site lint constraints clean gone

lab: $(VENV)/installed
	$(BIN)/jupyter lab $(LAB_ARGS) notebooks/01_why_async.ipynb

test: $(VENV)/installed-dev
	$(BIN)/pytest --nbval --numprocesses $(WORKERS) $(PYTEST_ARGS)

# One lesson only: make progress NOTEBOOKS=notebooks/01_why_async.ipynb
progress: $(VENV)/installed
	@$(BIN)/python -m lab.progress $(NOTEBOOKS)

# Runs the lessons from top to bottom and saves them clean: make notebooks NOTEBOOKS=notebooks/01_why_async.ipynb
notebooks: $(VENV)/installed-dev
	$(BIN)/python tools/execute_notebooks.py $(NOTEBOOKS)
	$(BIN)/python tools/pictures.py

# Renders the lessons as web pages into site/, to be opened from there or put on any server of files.
site: $(VENV)/installed-dev
	$(BIN)/python tools/site.py

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy

# Keeps the versions already held and adds those of new packages. Empty constraints.txt first to take the newest of all.
constraints: $(VENV)/installed-dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
		--no-emit-package async-http-course --custom-compile-command "make constraints" \
		--output-file constraints.txt requirements-dev.txt

clean:
	@$(IS_OURS)
	rm -rf $(VENV)

INSTEAD = Remove it first: make clean VENV=$(VENV). Or name another: VENV=...

# What both stamps begin with: an environment of a Python that the course can run on. It is cleared only if it has no
# Python that runs.
define ENVIRONMENT
@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("The course needs Python 3.11 or later; \
	$(PYTHON) is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
@$(IS_OURS)
@test -z "$(OTHER)" || { echo "$(VENV) has $$($(BIN)/python -V), and not $$($(PYTHON) -V). $(INSTEAD)"; exit 1; }
@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
@$(BIN)/python -c 'import pip' 2>/dev/null || $(BIN)/python -m ensurepip --default-pip > /dev/null 2>&1 || \
	{ echo "$(VENV) has no pip. $(INSTEAD)"; exit 1; }
@$(PIP_RUNS) || { echo "$(VENV) was moved, and its programs do not find it any more. $(INSTEAD)"; exit 1; }
endef

# Each stamp is younger than what it was installed from; make installs again only when that changes, or when Python is
# gone.
$(VENV)/installed: requirements.txt constraints.txt pyproject.toml $(GONE)
	$(ENVIRONMENT)
	@echo "Installing the course's packages into $(VENV) (about a minute, once) ..."
	@$(PIP) --requirement requirements.txt
	@touch $@

# requirements-dev.txt has the course's packages, too.
$(VENV)/installed-dev: requirements.txt constraints.txt pyproject.toml requirements-dev.txt requirements-ipykernel7.txt $(GONE)
	$(ENVIRONMENT)
	@echo "Installing the course's packages and what the tests need into $(VENV) (about a minute, once) ..."
	@$(PIP) --requirement requirements-dev.txt
	@$(PIP) --no-deps --upgrade --target $(VENV)/ipykernel7 --requirement requirements-ipykernel7.txt
	@touch $(VENV)/installed $@
