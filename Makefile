PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
MARK = not slow and not long
# What a run needs; that and what tests and lint need.
RUNS = $(VENV)/.runs
STAMP = $(VENV)/.installed
LOWEST = .venv-lowest

.PHONY: demo test test-long test-slow test-lowest slowest mutants bench lint configs readme clean

demo: $(RUNS)
	$(BIN)/simcore run configs/quickstart.yaml --out results/quickstart.zarr --overwrite --plots

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "$(MARK)"

test-long: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "long and not slow"

test-slow: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

test-lowest: $(LOWEST)/.installed
	$(LOWEST)/bin/python -m pytest -n 0 -W ignore::DeprecationWarning tests/test_cli_runs.py tests/test_zarr_files.py tests/test_machines.py

slowest: $(STAMP)
	$(BIN)/python tests/slowest.py

mutants: $(STAMP)
	$(BIN)/python tests/mutants.py

bench: $(STAMP)
	$(BIN)/python -m benchmarks

lint: $(STAMP)
	$(BIN)/ruff check simcore tests benchmarks experiments docs
	$(BIN)/ruff format --check simcore tests benchmarks experiments docs
	$(BIN)/mypy

configs: $(STAMP)
	$(BIN)/simcore schema > configs/schema.json
	cp simcore/data/base.yaml configs/base.yaml
	cp simcore/data/scenarios/*.yaml configs/scenarios/

readme: $(STAMP)
	$(BIN)/simcore run configs/quickstart.yaml --out results/quickstart.zarr --overwrite --quiet
	$(BIN)/python docs/refresh.py

clean:
	rm -rf $(VENV) $(LOWEST) results build *.egg-info

# Python compiles what is loaded; compiling all packages beforehand takes longer than a run.
INSTALL = $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt

$(RUNS): pyproject.toml constraints.txt
	$(INSTALL) -e .
	touch $@

$(STAMP): pyproject.toml constraints.txt
	$(INSTALL) -e ".[test,lint,cluster,sensitivity]"
	-$(BIN)/python -m compileall -q -j 0 $(VENV)/lib simcore >/dev/null
	touch $(RUNS) $@

$(LOWEST)/.installed: pyproject.toml constraints-lowest.txt
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-lowest.txt -e ".[test]"
	touch $@
