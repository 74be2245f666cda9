# One line a verb. `make demo` and `make test` need nothing before them: the venv is made on first use.
PYTHON ?= python3
FUZZ_S ?= 600
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: setup demo test attacks fuzz audit lint bench bench-scale torture relevance run docs bundle clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Wasl needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

demo: setup
	$(BIN)/wasl demo

test: setup
	$(BIN)/python -m pytest -n 2 --dist worksteal

attacks: setup
	$(BIN)/python tests/attacked.py

fuzz: setup
	$(BIN)/python -m node.bench.fuzzing --seconds $(FUZZ_S)

audit:
	$(PYTHON) deploy/audit.py

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/check_translations.py
	$(BIN)/python docs/generate_cli.py --check
	$(BIN)/python docs/generate_configuration.py --check
	$(BIN)/python docs/generate_errors.py --check
	$(BIN)/python docs/generate_records.py --check

docs: setup
	$(BIN)/python docs/generate_cli.py
	$(BIN)/python docs/generate_configuration.py
	$(BIN)/python docs/generate_errors.py
	$(BIN)/python docs/generate_records.py

bench: setup
	$(BIN)/wasl bench

# RECORDS=1000000: how many; FOLDER: where it is kept, and gone on with next time (30 kB a record)
bench-scale: setup
	$(BIN)/python -m node.bench.scaling --records $(or $(RECORDS),1000000) $(if $(FOLDER),--folder $(FOLDER))

# KILLS=200: how many; SEED: to draw the same acts and faults again; STORE: file, postgres or both
torture: setup
	$(BIN)/python -m node.bench.torture --kills $(or $(KILLS),200) --store $(or $(STORE),file) $(if $(SEED),--seed $(SEED))

relevance: setup
	$(BIN)/python -m node.bench.relevance

bundle: setup
	$(BIN)/python deploy/bundle.py

run: setup
	$(BIN)/wasl serve

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
