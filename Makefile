# Everything runs from .venv, which `make setup` builds from the lock file; with uv where it is there, else with pip.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench lock clean

help: ## Show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: .venv/ready ## Create .venv with the onboard command from the lock file

.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "onboard needs Python 3.11 or newer as $(PYTHON). On Debian: apt install python3. Or: make setup PYTHON=python3.12" >&2; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
	  UV_PROJECT_ENVIRONMENT=.venv uv sync --frozen --no-install-project --python "$(PYTHON)" --quiet && \
	  uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation -e .; \
	else \
	  $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "Python's venv module is missing. On Debian: apt install python3-venv" >&2; exit 1; } ; \
	  $(PYTHON) -m venv .venv && \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt && \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@
	@echo "The onboard command is $(BIN)/onboard. Next: make demo"

demo: setup ## Run the whole main job on the example org, on loopback
	@$(BIN)/onboard demo

test: setup ## Run the whole test suite
	@$(BIN)/pytest -n 2 --dist loadfile

lint: setup ## Check formatting, style, types and import layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## Rewrite the code in the house's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup ## Measure: enrolments, payloads, org reading
	@$(BIN)/pytest -m bench -s -p no:xdist tests/bench

lock: ## Renew the lock file and the hashed requirements (needs uv)
	@uv lock --upgrade
	@uv export --frozen --quiet --all-groups --no-emit-project --format requirements-txt --output-file requirements.txt

clean: ## Remove what the targets made
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
