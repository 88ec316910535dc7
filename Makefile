PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

.PHONY: demo test test-slow bench lint configs readme clean

demo: $(STAMP)
	$(BIN)/simcore run configs/quickstart.yaml --out results/quickstart.zarr --overwrite --plots

test: $(STAMP)
	$(BIN)/python -m pytest -n 2

test-slow: $(STAMP)
	$(BIN)/python -m pytest -n 2 -m slow

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
	rm -rf $(VENV) results build *.egg-info

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test,lint]"
	touch $(STAMP)
