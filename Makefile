# Everything that a developer runs. `make help` lists it; nothing outside this folder is touched.

PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
STAMPS := .venv/.stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install -qq --require-hashes --only-binary :all:
EDITABLE := $(PIP) install -qq --no-deps --no-build-isolation --editable .
SAY = @printf '\033[1m%s\033[0m\n'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- setting up

.PHONY: install
install: $(STAMPS)/install ## make .venv/bin/modelyard ready: the core and the CPU engine, pinned and hashed

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Modelyard needs Python 3.11 or later. Name one: make PYTHON=/path/to/python3.11"; exit 1; }
	$(SAY) "venv: $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { echo "This Python cannot make environments. On Debian: apt install python3-venv"; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/install: requirements/cpu.txt pyproject.toml | $(STAMPS)/venv
	$(SAY) "install: the packages of requirements/cpu.txt"
	@$(INSTALL) -r requirements/cpu.txt
	@$(EDITABLE)
	@touch $@
	$(SAY) "install: done, try $(BIN)/modelyard --help"

$(STAMPS)/demo: requirements/demo.txt $(STAMPS)/install
	$(SAY) "install: the clients of the demo, from requirements/demo.txt"
	@$(INSTALL) -r requirements/demo.txt
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/install
	$(SAY) "install: the tools of requirements/dev.txt"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

.PHONY: lock
lock: $(STAMPS)/dev ## resolve requirements/*.txt anew; UPGRADE=1 takes newer releases
	@UV=$(BIN)/uv tools/lock.sh

# ---------------------------------------------------------------- running

.PHONY: demo
demo: $(STAMPS)/demo ## publish, serve, meter and bill a real model, then stay up; ONCE=1 ends it
	@$(BIN)/python tools/demo.py $(if $(ONCE),--once)

# ---------------------------------------------------------------- checking

# `make -k check` goes on after a failure and shows all of them.
CHECKS := check-format check-lint check-templates check-walls check-dependencies check-dead-code check-types check-house

.PHONY: check
check: $(CHECKS) ## what CI asks of every commit besides the tests, fastest first
	$(SAY) "check: clean"

.PHONY: $(CHECKS)
$(CHECKS): $(STAMPS)/dev

check-format:
	$(SAY) "check: format"
	@$(BIN)/ruff format --check --quiet .

check-lint:
	$(SAY) "check: lint"
	@$(BIN)/ruff check --quiet --output-format concise .

check-templates:
	$(SAY) "check: templates"
	@$(BIN)/djlint --lint --quiet src

check-walls:
	$(SAY) "check: walls"
	@$(BIN)/lint-imports --config pyproject.toml

check-dependencies:
	$(SAY) "check: dependencies"
	@$(BIN)/deptry src

check-dead-code:
	$(SAY) "check: dead code"
	@$(BIN)/vulture

check-types:
	$(SAY) "check: types"
	@$(BIN)/mypy

check-house:
	$(SAY) "check: house"
	@$(BIN)/pytest -q tests/house

.PHONY: format
format: $(STAMPS)/dev ## format, and mend what lint can mend
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

.PHONY: reference
reference: $(STAMPS)/dev ## write docs/reference/ anew from the code
	@$(BIN)/python tools/reference.py

.PHONY: test
test: $(STAMPS)/dev ## the test suite
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile

.PHONY: soak
soak: $(STAMPS)/dev ## the tests that are too long for every commit
	@$(BIN)/pytest -m soak

.PHONY: coverage
coverage: $(STAMPS)/dev ## the test suite with coverage: 95 of 100 in all, all of it where money is decided
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadfile
	@$(BIN)/coverage combine --quiet
	$(SAY) "coverage: where money is decided, the goal is 100"
	@$(BIN)/coverage report --fail-under=0 --include='*/kernel/*,*/economics/*,*/rules.py,*/rules/*,*/metering/*,*/billing/*'
	$(SAY) "coverage: the whole"
	@$(BIN)/coverage report

.PHONY: bench
bench: $(STAMPS)/dev ## measure, in ratios of one run; never part of CI
	@$(BIN)/python benchmarks/run.py

.PHONY: photographs
photographs: $(STAMPS)/dev ## photograph every page, in both languages and themes, into var/photographs
	@$(BIN)/python -m tools.photograph

.PHONY: changelog
changelog: $(STAMPS)/dev ## preview the next release's notes
	@$(BIN)/towncrier build --draft --version next

.PHONY: clean
clean: ## remove what tests and tools left behind, but keep .venv
	@rm -rf .coverage .coverage.* htmlcov .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
