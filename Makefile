# Each command sets everything up by itself: Python 3.11 or newer is all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo lab test check sample-data notebooks lock check-wheels clean

demo: $(READY)      ## find planted faults in a real API on a real PostgreSQL; writes build/report.html
	$(BIN)/perfkit demo --output build

lab: $(READY)       ## the same set-up, then JupyterLab on the notebooks
	$(BIN)/python -m perfkit.lab.jupyter

# Some tests watch the clocks of real servers: what a stall of the machine upset runs once more.
test: $(READY)      ## the whole test suite
	$(BIN)/python -m pytest || $(BIN)/python -m pytest --last-failed --last-failed-no-failures none

check: $(READY)     ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

sample-data: $(READY)   ## record sample_data/ again from the lab
	$(BIN)/python -m perfkit.lab.sample_data sample_data

notebooks: $(READY)     ## execute the notebooks in place, outputs kept
	$(BIN)/python -m perfkit.lab.notebooks notebooks

lock:               ## pin every dependency again (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --extra lab --extra dask --group test pyproject.toml --output-file requirements.lock

check-wheels: $(READY)  ## the locked wheels exist for every supported Python
	$(BIN)/python benchmarks/check_wheels.py requirements.lock

clean:
	rm -rf build dist $(VENV)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "perfkit needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)
