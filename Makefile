PYTHON ?= python3
PYTEST_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check accuracy bench kernels clean

run: $(VENV)/.installed
	@mkdir -p out
	$(BIN)/kcg tree sys_socket
	$(BIN)/kcg graph sys_socket -o out/sys_socket.svg
	$(BIN)/kcg graph inet_create -o out/inet_create.svg

test: $(VENV)/.installed-dev kernels
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

accuracy: $(VENV)/.installed-dev kernels
	@$(BIN)/python tests/figures.py

bench: $(VENV)/.installed-dev kernels
	$(BIN)/python tests/bench.py

# Python's standard library is enough for it; no install is needed.
kernels:
	$(PYTHON) tests/kernels.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist
