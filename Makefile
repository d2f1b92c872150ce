# Needs python3 (3.11 or newer), git and make; everything else is fetched here.

.DEFAULT_GOAL := help
.PHONY: help setup demo test check soak

UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := $(UV) run --locked
ROOMS := data signals backtest reports cli

help:
	@echo "make demo   run the whole chain once and write its report"
	@echo "make test   run the tests"
	@echo "make check  lint, formatting and types"
	@echo "make soak   run the long tests"

setup: $(UV)
	$(UV) sync --locked

demo: setup
	$(RUN) quantsig demo --force

test: setup
	OMP_NUM_THREADS=1 $(RUN) pytest -n auto --dist loadgroup -m "not soak"

check: setup
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy $(addprefix -p quantsig.,$(ROOMS))
	$(RUN) mypy tests
	$(RUN) python -m tests.reports.page.untranslated

soak: setup
	$(RUN) pytest -m soak

.tools/bin/uv:
	@python3 -m pip install --quiet --disable-pip-version-check --target .tools uv \
	|| { python3 -m venv .tools/venv && .tools/venv/bin/pip install --quiet uv \
	     && mkdir -p .tools/bin && ln -sf ../venv/bin/uv .tools/bin/uv; } \
	|| { echo "uv could not be fetched: python3 has neither pip nor venv, or there is no network." \
	     "Install uv (or python3-pip), then run make again." >&2; exit 1; }
	@test -x $@
