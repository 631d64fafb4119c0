# Clinic's commands. Each sets up what it needs; `make` alone prints them.
# Programs are run as `python -m` because a script's first line may hold neither a space nor a long path.

VENV := .venv
RUN := $(VENV)/bin/python
RUNTIME := $(VENV)/.runtime-installed
TOOLS := $(VENV)/.tools-installed

# Where this is set, each process compiles the whole product anew: a second of every start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check access bench opentimes races faults mutants docs security screenshots machine

help: ## Print this list
	@echo "Clinic. What you can do:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

run: $(RUNTIME) ## Start Clinic here, database and demo data included; Ctrl-C stops it
	@exec $(RUN) -m clinic.server

# The rules are the last part of `check`; they are not asked twice.
test: check machine ## Run the checks and all tests, setting up the browser and the databases they need
	$(RUN) -m pytest -n 2 --ignore tests/rules

check: $(TOOLS) ## Run the quick checks: ruff, djlint, import directions, house rules
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m djlint --lint --quiet templates
	$(RUN) -c "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
	$(RUN) -m pytest -q -n 2 tests/rules

bench: $(TOOLS) ## Measure the hot pages and write docs/bench-report.md
	$(RUN) -m tests.bench

opentimes: $(TOOLS) ## Hold open times against a plain reference on 10,000 new random schedules
	SCHEDULES=10000 $(RUN) -m pytest -q tests/queries/test_random_schedules.py

races: $(TOOLS) ## Race 200 clients for one open time, in full, and write docs/races-report.md
	$(RUN) -m tests.races

docs: $(TOOLS) ## Draw the pages of docs/ that come from the code
	$(RUN) -m tests.rules.drawings

access: $(TOOLS) ## Ask every route as everybody and write docs/access-matrix.csv, to be looked at before it is committed
	$(RUN) -m tests.access

faults: $(TOOLS) ## Kill, cut off and mistype in full, and write docs/faults-report.md
	$(RUN) -m tests.faults

mutants: $(TOOLS) ## Loosen every rule about permissions, one at a time, and write docs/mutants-report.md
	$(RUN) -m tests.mutants

security: $(TOOLS) machine ## Run the tests that prove a promise and write docs/security-report.md
	$(RUN) -m tests.security_report

screenshots: $(TOOLS) machine ## Draw the README's screenshots anew
	$(RUN) -m tests.screenshots

# A browser and Debian's PostgreSQL for the tests; not part of the product.
machine: $(TOOLS)
	@$(RUN) -m tests.machine

$(RUNTIME): requirements.txt
	@sh bin/make-venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
	@touch $@

$(TOOLS): requirements-dev.txt $(RUNTIME)
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-dev.txt
	@touch $@
