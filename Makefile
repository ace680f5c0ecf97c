# Every command obtains what it needs first; 'make help' lists them.
PYTHON ?= python3
RUN = @$(PYTHON) -B -m dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test coverage replay replay-log mutants bench lint format shell stop reset distclean

help: ## show this help
	@echo "make COMMAND [VARIABLE=value ...]"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'
	@echo
	@echo "Variables:"
	@echo "  ODOO_SRC=/path   use this Odoo 19 source tree instead of Debian's package"
	@echo "  PGHOST, PGUSER   use this PostgreSQL server instead of a private one"
	@echo "  PYTHON=python3   the Python to build the environment with (3.10 to 3.13)"

setup: ## obtain everything (Odoo, libraries, PostgreSQL, test tools), start nothing
	$(RUN) setup

demo: ## serve the addon with demo data at http://localhost:8069 (PORT=..., HOST=0.0.0.0)
	$(RUN) demo

test: ## run all checks and tests; TESTS="path ..." or TAGS=/addon:Class for a part
	$(RUN) test

coverage: ## see which lines the addon's tests reach, in build/coverage; TESTS="path ..."
	$(RUN) coverage

replay: ## push the complaints of DATA=file through a server; results in build/replay
	$(RUN) replay

replay-log: ## replay the clocks of the event log DATA=file into build/clocks.csv (OUT=, CALENDAR=office)
	$(RUN) replay-log

bench: ## measure speed beside the community's addons; ONLY=row,row for a part
	$(RUN) bench

mutants: ## break the clock engine on purpose, see that its tests notice
	$(RUN) mutants

lint: ## check the style of the files, change nothing
	$(RUN) lint

format: ## let the formatters rewrite the files
	$(RUN) format

shell: ## open Odoo's shell on the demo database (DB=name for another)
	$(RUN) shell

stop: ## stop the demonstration and the private PostgreSQL server
	$(RUN) stop

reset: ## forget all databases and results; keep what was downloaded
	$(RUN) reset

distclean: ## forget everything that was made or downloaded
	$(RUN) distclean
