# Needs python3 (3.11 or newer), git and make; everything else is fetched here.

.DEFAULT_GOAL := help
.PHONY: help setup demo quick test check soak wheel house docs sbom

UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := $(UV) run --locked
TEST := OMP_NUM_THREADS=1 $(RUN) pytest -n auto --dist loadgroup --no-loadscope-reorder
# Without bytecode every process that a test starts compiles torch and all else again.
unexport PYTHONDONTWRITEBYTECODE
QUICK := tests/data/calendar tests/data/checks tests/data/reading tests/data/storage tests/data/test_*.py \
	tests/signals/calibration tests/signals/significance tests/signals/thresholds/test_rules.py \
	tests/backtest/statistics tests/test_words.py

help:
	@echo "make demo   run the whole chain once and write its report"
	@echo "make quick  run the tests one runs while writing"
	@echo "make test   run the tests"
	@echo "make check  lint, formatting, types, and known vulnerabilities"
	@echo "make soak   run the long tests"
	@echo "make wheel  build the wheel and run the planted demo from it, outside this folder"
	@echo "make sbom   list what is installed with its hashes (CycloneDX)"
	@echo "make house  draw docs/house.svg from the imports"
	@echo "make docs   build the documentation, English and Chinese, into site/"

setup: $(UV)
	$(UV) sync --locked --group docs

demo: setup
	$(RUN) quantsig demo --force

test: setup
	$(TEST) -m "not soak"

quick: setup
	$(TEST) -q -m "not soak and not browser" $(QUICK)

check: setup
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy -p quantsig
	$(RUN) mypy tests
	$(RUN) python -m tests.reports.page.untranslated
	$(RUN) python -m tests.known_vulnerabilities "$(UV)"

soak: setup
	$(TEST) -m soak

wheel: setup
	tests/wheel.sh "$(UV)"

sbom: $(UV)
	$(UV) export --quiet --locked --no-dev --format cyclonedx1.5 --output-file sbom.json

house: setup
	$(RUN) python docs/house.py

docs: setup
	$(RUN) python docs/reference.py
	$(RUN) zensical build --clean --strict

.tools/bin/uv:
	@python3 -m pip install --quiet --disable-pip-version-check --target .tools uv \
	|| { python3 -m venv .tools/venv && .tools/venv/bin/pip install --quiet uv \
	     && mkdir -p .tools/bin && ln -sf ../venv/bin/uv .tools/bin/uv; } \
	|| { echo "uv could not be fetched: python3 has neither pip nor venv, or there is no network." \
	     "Install uv (or python3-pip), then run make again." >&2; exit 1; }
	@test -x $@
