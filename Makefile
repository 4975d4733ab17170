# Each target does its own set-up; `make demo` and `make test` work in a fresh clone.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install up demo test pictures lint replay bench reference lock

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK := requirements/development.txt
ARGS ?=
# Without bytecode each program compiles the whole project when it starts.
export PYTHONDONTWRITEBYTECODE :=
UV ?= uv

help:  ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: $(STAMP)  ## Make .venv and install the locked requirements (nothing to do: instant)

$(STAMP): $(LOCK) requirements/find-python
	@python=$$(bash requirements/find-python) || exit 2; \
	if ! $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  rm -rf $(VENV); \
	  echo "Making $(VENV) with $$python"; \
	  "$$python" -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "$$python cannot make a virtual environment. On Debian or Ubuntu install the" \
	         "package python3-venv, then run make again." >&2; exit 2; }; \
	fi
	@echo "Installing the locked requirements"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r $(LOCK) || { echo "The locked requirements could not be installed: see pip's" \
	  "message above. Check the network, then run make again." >&2; exit 2; }
	@ln -sf ../../starter.py $(BIN)/starter.py
	@touch $(STAMP)

up: install  ## Start PostgreSQL, Temporal, the worker and the web app; Ctrl-C stops them
	@exec $(BIN)/python starter.py up $(ARGS)

demo: install  ## Watch 500 invented leads go through the whole loop (ARGS="--leads 50 --exit")
	@exec $(BIN)/python starter.py demo $(ARGS)

test: install  ## Run the tests on four workers (ARGS="tests/domain -k window")
	@exec $(BIN)/python -m pytest -n 4 --dist loadgroup --no-loadscope-reorder $(ARGS)

pictures: install  ## Leave pictures of every page of the console in screenshots/
	@exec $(BIN)/python -m pytest tests/console/test_every_page.py -k hard_to_read --pictures

lint: install  ## Check style, types and the arrows between the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

replay: install  ## Replay the recorded histories against today's workflows
	@exec $(BIN)/python -m pytest tests/replay $(ARGS)

bench: install  ## Measure a touch, an event and the console (ARGS="--json")
	@$(BIN)/python benchmarks/touches.py $(ARGS)
	@$(BIN)/python benchmarks/ingest.py $(ARGS)
	@$(BIN)/python benchmarks/console.py $(ARGS)

reference: install  ## Write docs/reference anew, after a change of what YAML files may say
	@$(BIN)/python docs/write_reference.py

COMPILE := $(UV) pip compile --no-config --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

lock:  ## Resolve the requirements again; needs uv (ARGS=--upgrade for newer versions)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: install it and run again." >&2; \
	  exit 2; }
	$(COMPILE) $(ARGS) pyproject.toml -o requirements/production.txt
	$(COMPILE) $(ARGS) pyproject.toml --all-extras -c requirements/production.txt \
	  -o requirements/development.txt
