# One entry for developers and CI. Needs make and Python 3.10 or newer; everything else is built below
# .venv (this project) and .build (what the tests drive). `make help` lists the targets.

PYTHON ?= python3
WORKERS ?= 2
# The fast tests wait now and then, and do not mind a neighbour.
UNIT_WORKERS ?= 3

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
BUILT := $(VENV)/.built
SMOKE := .build/smoke

# For what is run at every save: fewer examples of each property, temporary files in memory, modules compiled once.
QUICKLY := EXAMPLES=20 $(if $(wildcard /dev/shm),TMPDIR=/dev/shm) PYTHONDONTWRITEBYTECODE=
PYTEST := $(BIN)/python -m pytest --timeout 120 --numprocesses $(WORKERS) --dist loadgroup
BENCHMARKS := $(filter-out bench/stage.py bench/paired.py,$(sort $(wildcard bench/*.py)))

.PHONY: help demo test unit check measures format real-parts build bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: $(BUILT) ## run the whole job against a practice AWS on this machine: no account, no question
	@$(BIN)/aws-mfa demo

test: real-parts ## every test: real keychains, terminals, AWS CLIs and SDKs included
	@$(PYTEST) --cov --cov-report term:skip-covered

unit: $(BUILT) ## the fast tests alone: no program is started that the project did not bring
	@$(QUICKLY) $(PYTEST) --numprocesses $(UNIT_WORKERS) --capture sys -m "not real"

check: $(BUILT) ## format, lint, types, arrows, documents
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/docs_in_step.py

measures: $(BUILT) ## the measures of the structure, each beside its bound
	@$(BIN)/python tools/measures.py --check

format: $(BUILT) ## put the code and the help texts in the documents into shape
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/python tools/docs_in_step.py --write

build: $(BUILT) ## wheel and sdist in dist/, and a run of the wheel in an environment of its own
	rm -rf dist $(SMOKE)
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m venv $(SMOKE)
	$(SMOKE)/$(notdir $(BIN))/python -m pip install -qq dist/*.whl
	$(SMOKE)/$(notdir $(BIN))/python -Im aws_mfa --version
	$(SMOKE)/$(notdir $(BIN))/aws-mfa demo >/dev/null

bench: real-parts ## what is measured, against bare Python and aws-mfa 0.0.12
	@$(BIN)/python bench/stage.py
	@for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

real-parts: $(BUILT) ## build what the real tests drive; installs Debian packages where it runs as root on Debian
	@$(BIN)/python tools/real_parts.py

clean: ## remove everything that was built
	rm -rf $(VENV) .build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# pip 25.3: the console scripts of older ones import `re`, which costs more than all of our hot path.
$(BUILT): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "aws-mfa needs Python 3.10 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "building $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --upgrade "pip>=25.3"
	@$(BIN)/python -m pip install -qq --group dev --editable .
	@touch $@
