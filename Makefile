# One entry for developers and CI. Needs make and Python 3.10 or newer; everything else is built below
# .venv (this project) and .build (what the tests drive). `make help` lists the targets.

PYTHON ?= python3
WORKERS ?= 2
# The fast tests wait now and then: a third process uses that time.
UNIT_WORKERS ?= 3

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
RUNS := $(VENV)/.runs
BUILT := $(VENV)/.built
SMOKE := .build/smoke
LOWEST := .build/lowest
UV := .build/uv/bin/uv
SITE := .build/site
ZENSICAL := $(SITE)/$(notdir $(BIN))/zensical

# For what is run at every save: fewer examples of each property, temporary files in memory. In both targets compiled
# modules are kept, whatever the environment says: pytest's rewriting of all assertions takes as long as the tests.
QUICKLY := EXAMPLES=20 $(if $(wildcard /dev/shm),TMPDIR=/dev/shm) PYTHONDONTWRITEBYTECODE=
TESTS := -m pytest --timeout 120 --dist loadgroup
PYTEST := $(BIN)/python $(TESTS) --numprocesses $(WORKERS)
UNIT_TESTS := $(TESTS) --numprocesses $(UNIT_WORKERS) --capture sys
BENCHMARKS := $(filter-out bench/stage.py bench/paired.py,$(sort $(wildcard bench/*.py)))

.PHONY: help demo test unit check site measures format lowest lock real-parts build sbom bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: $(RUNS) ## run the whole job against a practice AWS on this machine: no account, no question
	@$(BIN)/aws-mfa demo

test: real-parts $(SITE)/.built ## every test: real keychains, terminals, AWS CLIs and SDKs included
	@echo "running every test: about 20 minutes on 2 cores"
	@PYTHONDONTWRITEBYTECODE= $(PYTEST) --cov --cov-report term:skip-covered

unit: $(BUILT) ## the fast tests: almost all run in pytest's own process
	@$(QUICKLY) $(BIN)/python $(UNIT_TESTS) -m "not real"

check: $(BUILT) $(SITE)/.built ## format, lint, types, import order, declared imports, workflows, documents and their site
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry . --no-ansi 2>.build/deptry || { cat .build/deptry; exit 1; }
	@$(BIN)/zizmor --offline --quiet --no-progress .github
	@$(BIN)/python tools/docs_in_step.py
	@$(BIN)/python tools/man_page.py
	@$(BIN)/python tools/read_only_policy.py
	@$(ZENSICAL) build --strict >$(SITE)/log 2>&1 || { cat $(SITE)/log; exit 1; }

site: $(SITE)/.built ## the documentation site, in site/: open site/index.html
	@$(ZENSICAL) build --strict --clean

measures: $(BUILT) ## the measures of the structure, each beside its bound
	@$(BIN)/python tools/measures.py --check

format: $(BUILT) ## put the code, and what is made for the documents, into shape
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/python tools/docs_in_step.py --write
	@$(BIN)/python tools/man_page.py --write
	@$(BIN)/python tools/read_only_policy.py --write

lowest: $(UV) ## the fast tests with the lowest versions that pyproject.toml allows
	@$(UV) venv --quiet --clear --python $(PYTHON) $(LOWEST)
	@$(UV) pip compile --quiet --resolution lowest-direct --extra boto3 --python $(LOWEST) pyproject.toml -o $(LOWEST).txt
	@$(UV) pip install --quiet --python $(LOWEST) --constraints $(LOWEST).txt --group dev --editable .
	@$(QUICKLY) $(LOWEST)/bin/python $(UNIT_TESTS) -m "not real and not newest"

# uv.lock and its export pylock.toml name the addresses of the index that this machine uses, so they are not committed.
# The two files of versions and hashes are: pip and uv install from them, from any index.
lock: $(UV) ## move the locked versions of the developers' packages to the newest that are a week old
	@$(UV) lock --quiet --upgrade --python $(PYTHON)
	@$(UV) export --quiet --frozen --all-extras --all-groups --output-file pylock.toml
	@$(UV) export --quiet --frozen --no-emit-project --no-header --no-default-groups --output-file requirements.txt
	@$(UV) export --quiet --frozen --no-emit-project --no-header --all-extras --all-groups --output-file requirements-dev.txt
	@echo "hatchling>=1.27" | $(UV) pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes --no-header \
	  --exclude-newer "7 days" --output-file requirements-build.txt -
	@echo "zensical>=0.0.60" | $(UV) pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes --no-header \
	  --exclude-newer "7 days" --output-file requirements-site.txt -

build: $(BUILT) ## wheel and sdist in dist/, and a run of the wheel in an environment of its own
	rm -rf dist $(SMOKE)
	PIP_CONSTRAINT="$(CURDIR)/requirements-build.txt" $(BIN)/python -m build --outdir dist .
	$(BIN)/python -m venv $(SMOKE)
	$(SMOKE)/$(notdir $(BIN))/python -m pip install -qq dist/*.whl
	$(SMOKE)/$(notdir $(BIN))/python -Im aws_mfa --version
	$(SMOKE)/$(notdir $(BIN))/aws-mfa demo >/dev/null
	test -s $(SMOKE)/share/man/man1/aws-mfa.1

sbom: ## sbom/aws-mfa.cdx.json: what aws-mfa runs with, its versions and hashes, in CycloneDX's format
	@$(PYTHON) -m venv .build/sbom
	@.build/sbom/bin/python -m pip install -qq "cyclonedx-bom>=7"
	@mkdir -p sbom
	@.build/sbom/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
	  --output-file sbom/aws-mfa.cdx.json requirements.txt

bench: real-parts ## what is measured, against bare Python and aws-mfa 0.0.12
	@$(BIN)/python bench/stage.py
	@for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

real-parts: $(BUILT) ## build what the real tests drive; installs Debian packages where it runs as root on Debian
	@$(BIN)/python tools/real_parts.py

clean: ## remove everything that was built
	rm -rf $(VENV) .build dist site sbom .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# pip 25.3: the console scripts of older ones import `re`, which costs more than all of our hot path.
$(RUNS): pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "aws-mfa needs Python 3.10 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "building $(VENV) with what aws-mfa runs with: 80 MB, about 20 s"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --upgrade "pip>=25.3"
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -qq --no-deps --editable .
	@touch $@

$(BUILT): $(RUNS) requirements-dev.txt
	@echo "adding the developers' tools to $(VENV): 200 MB, about 40 s"
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements-dev.txt
	@mkdir -p .build
	@touch $@

$(SITE)/.built: requirements-site.txt
	@echo "building $(SITE), which makes the documentation site: 40 MB, about 10 s"
	@$(PYTHON) -m venv $(SITE)
	@$(SITE)/$(notdir $(BIN))/python -m pip install -qq --require-hashes -r requirements-site.txt
	@touch $@

$(UV):
	@$(PYTHON) -m venv .build/uv
	@.build/uv/bin/python -m pip install -qq "uv>=0.13"
