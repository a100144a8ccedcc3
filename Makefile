PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What needs neither a database nor another process: rules, language, words, and what the documents say.
UNIT := tests/domain tests/language tests/ui tests/rebates/model tests/preferences $(wildcard tests/*/views tests/kernel/test_*.py tests/test_*.py)

.PHONY: run check test lint bench faults clean lock

run: $(VENV)/.runtime  ## The demo, or the real bot when it is configured
	@$(BIN)/rucksack run

check: lint  ## Before every commit: format, lint, types, arrows, and the unit tests but for the slow ones
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow" $(UNIT)

test: $(VENV)/.dev  ## Every test; those that need Chromium or PostgreSQL say so when skipped
	$(BIN)/pytest -n 3 --dist worksteal  # more than half of a worker's time is waiting

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

faults: $(VENV)/.dev  ## Kill the bot at every await, on both databases: docs/faults.md
	$(BIN)/python -m tests.faults --everything

lock: $(VENV)/.dev  ## Resolve again; hashes in, index addresses out
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q pyproject.toml --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra dev -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Rucksack needs Python 3.11 or newer (set PYTHON=/path/to/python3.11)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 2; }  # half an environment would be taken for a whole one

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing (once, about a minute) …"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing (once, about a minute) …"
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
