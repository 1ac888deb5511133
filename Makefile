# `make` alone prints what there is to do.
PY := .venv/bin/python
WORKERS ?= 2
SOURCES := kiosk sync_server shared hardware deploy tests

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench load faults sim format requirements screenshots clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## virtual environment, libraries, missing system packages (the others call it first)
	@deploy/setup.sh

demo: setup ## server, two kiosks and a neighbourhood to play with; ONCE=1 plays one day by itself
	@$(PY) -m deploy.demo $(if $(filter 1 yes true,$(ONCE)),--once)

test: setup ## all tests; WORKERS=4 on a bigger machine, ARGS="-k pickup" for some of them
	$(PY) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: setup ## what CI runs: format, ruff, mypy, import-linter, tests
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy $(SOURCES)
	.venv/bin/lint-imports --no-cache
	@$(MAKE) --no-print-directory test

bench: setup ## speed and memory, one line a figure
	@$(PY) -m tests.bench

load: setup ## what a round costs on 1, 2 and 4 servers, on both databases; ARGS="--statements", ARGS="--save"
	@$(PY) -m tests.load $(ARGS)

faults: setup ## long runs against power cuts, kills, bad disks and networks, into tests/faults/RESULTS.md
	@$(PY) -m tests.faults --long $(SECTIONS)

sim: setup ## simulated kiosks, people, networks and disks; SEEDS=20 FROM=1, PROFILE=, DAYS=30, MUTANT=guard-off
	@$(PY) -m tests.sim $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FROM),--from $(FROM)) $(if $(DAYS),--days $(DAYS)) \
		$(if $(PROFILE),--profile "$(PROFILE)") $(if $(MUTANT),--mutant $(MUTANT))

format: setup ## bring the code into the project's form
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

requirements: setup ## pin the newest libraries that pyproject.toml allows, with hashes
	$(PY) -m pip install --quiet uv==0.13.9
	$(PY) -m uv pip compile --upgrade --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.txt pyproject.toml

screenshots: setup ## take the pictures of the README anew, into static/tour/
	@$(PY) -m tests.tour

clean: ## remove what setup, tests and builds have left, the virtual environment included
	rm -rf .venv dist var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
