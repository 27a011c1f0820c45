# What a person types. `make demo` and `make test` need nothing but Python 3.11+, git and make.
PYTHON ?= python3
BIN := .venv/bin
FAST := $(wildcard tests/terms tests/core tests/readers tests/exports tests/law tests/house)
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
           --no-annotate --no-header --quiet

# Made by the bootstrap: playwright's own node, with its libraries where the system lacks them.
export PLAYWRIGHT_NODEJS_PATH := $(CURDIR)/.venv/bin/playwright-node
# Where the environment forbids Python to keep what it compiles, every run would compile every test anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo setup setup-dev lint check test bench coverage mutate lock image clean

demo: setup      ## everything up, at http://127.0.0.1:8000/ ; ARGS=--no-serve stops after publishing
	@$(BIN)/landgis demo $(ARGS)

setup:           ## .venv, PostGIS; done already: nothing
	@$(PYTHON) landgis/bootstrap.py setup

setup-dev:
	@$(PYTHON) landgis/bootstrap.py dev

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict landgis
	$(BIN)/lint-imports --no-logo

check: lint      ## the fast part: no database, no browser
	$(BIN)/python -m pytest -q -m "not db and not browser" landgis $(FAST)

test: lint       ## every check
	$(BIN)/python -m pytest -q -ra -n auto --maxprocesses 4 --dist loadfile

bench: setup-dev ## the tables of docs/performance.md
	@$(BIN)/python -m tests.bench $(ARGS)

coverage: setup-dev ## which branches of the core its tests take; below 95 % it fails
	$(BIN)/python -m coverage run -m pytest -q tests/core tests/law landgis/core
	$(BIN)/python -m coverage report
	@$(BIN)/python -m coverage json -q -o - | $(BIN)/python -m tests.branches

mutate: setup-dev ## small changes to the core that no test notices; ARGS="idle triage"
	@$(BIN)/python -m tests.mutation $(ARGS)

lock:            ## new lock files (needs uv and a package index)
	$(COMPILE) pyproject.toml --extra plan -o requirements.lock
	$(COMPILE) pyproject.toml --extra plan --extra dev -c requirements.lock -o requirements-dev.lock
	echo hatchling | $(COMPILE) - -c requirements-dev.lock -o requirements-build.lock

image:           ## build the image with what this machine has: docker, podman or buildah
	@docs/deploy/image.sh

clean:           ## what can be made again; never the data
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
