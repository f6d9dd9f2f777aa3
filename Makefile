# countersign: `make run` flags samples/, `make run DOCS=folder` flags that folder, `make test` tests everything.

PYTHON ?= python3
DOCS ?= samples
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -q -n logical --maxprocesses 4 --dist worksteal
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.SILENT:
export DOCS

.PHONY: help run test test-all lint format docs lock clean

help: ## Lists these targets.
	sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: .venv/installed ## Flags the documents in samples/, or in DOCS=path.
	$(BIN)/countersign run "$$DOCS"

test: .venv/installed-dev ## Runs all tests but the slow ones.
	$(PYTEST) -m "not slow"

test-all: .venv/installed-dev ## Runs all tests.
	$(PYTEST)

lint: .venv/installed-dev ## Checks style, types and who may import whom.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-dev ## Formats the code.
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

docs: .venv/installed-dev ## Makes the reference pages, and the pictures of README and docs.
	$(BIN)/python -m cli.reference docs/reference
	$(BIN)/python -m tests.docs.pictures docs/images

lock: .venv/installed-dev ## Pins the newest versions that work together into requirements*.txt.
	compile() { $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" pyproject.toml "$$@"; }
	compile --extra cpu -o requirements.txt
	compile --extra gpu -o requirements-gpu.txt
	compile --extra cpu --extra train --group dev -o requirements-dev.txt

clean: ## Removes the virtual environment and what tools left behind.
	rm -rf .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/installed: requirements.txt pyproject.toml
	bash .ci/install "$(PYTHON)" requirements.txt
	touch $@

.venv/installed-dev: requirements-dev.txt pyproject.toml
	bash .ci/install "$(PYTHON)" requirements-dev.txt
	touch .venv/installed $@
