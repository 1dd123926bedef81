# Every command of the house. `make help` prints the lines that carry a ## comment.
# All of them need Python 3.11, 3.12 or 3.13 with venv, and a package index at the first start: bin/setup.py brings the rest.

PYTHON ?= python3
SETUP = $(PYTHON) bin/setup.py

.DEFAULT_GOAL := help
.PHONY: help run test check bench where demo-reset flows map messages lock

help: ## Print this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: ## Set up what is missing, load the demonstration, start everything, print addresses and log-ins
	@$(SETUP) run

test: ## Set up what is missing, then run everything that CI runs
	@$(SETUP) test

check: ## Lint, types, import contracts and the quick house rules: under a minute
	@$(SETUP) check

bench: ## Measured comparisons: prints a table and writes bench/out/latest.json
	@$(SETUP) bench

where: ## Where a thing lives, such as: make where Q=withdraw, or Q="withdraw an opinion"
	@$(SETUP) huizhen where "$$Q" || [ $$? -eq 141 ] # 141: whoever reads the answer has read enough

demo-reset: ## Throw the demonstration's data away and load it anew
	@$(SETUP) demo-reset

flows: ## Draw every flow into docs/flows.md
	@$(SETUP) huizhen flows

map: ## Write docs/map.md: which files belong to which feature
	@$(SETUP) huizhen map

messages: ## Compile the translations
	@$(SETUP) messages

lock: ## Resolve the dependencies afresh into uv.lock
	@$(SETUP) lock
