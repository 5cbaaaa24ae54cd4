# make demo: from nothing to the demo trust's book.  make test: the whole suite.
# make bench PEERS=FOLDER also measures peers among the packages of another environment;
# PANDERA=PYTHON names an interpreter with pandera.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
NODE := npm install --silent --no-audit --no-fund --prefix .venv axe-core@4.14.1 mystmd@1.8.3

.PHONY: setup demo london test lint format bench fuzz docs clean
.DEFAULT_GOAL := demo

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@$(BIN)/python -m compileall -q afa_eval  # pip does so with all it installs but this; every start would do it again
	@if command -v npm >/dev/null; then $(NODE) || echo "axe-core and mystmd could not be installed: pages are not audited"; fi
	@touch $(READY)

setup: $(READY)

demo: $(READY)
	@rm -rf demo
	@$(BIN)/afa-eval demo demo

london: $(READY)
	@$(BIN)/python examples/london_exams/prepare.py
	@$(BIN)/afa-eval book examples/london_exams

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -p no:xdist -o addopts="" -q tests/architecture
	$(BIN)/numpydoc lint $$(git ls-files 'afa_eval/*.py' ':!afa_eval/cli.py' ':!afa_eval/data/checks/*_*.py')

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python -m benchmarks.bench $(if $(PEERS),--peers $(PEERS))
	$(BIN)/python -m benchmarks.readers $(if $(PANDERA),--python $(PANDERA))

# SECONDS of mutated files for each reader; all but the first line needs atheris in .venv
fuzz: $(READY)
	@$(BIN)/python -m benchmarks.shaped $(or $(SECONDS),300)
	@for kind in csv marks xml xlsx ees; do $(BIN)/python benchmarks/fuzz.py $(or $(SECONDS),300) $$kind || exit 1; done

docs: $(READY)
	$(BIN)/python book/build.py

clean:
	rm -rf .venv demo book/_build build dist
