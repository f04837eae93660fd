# `make help` lists what there is. Everything is installed into .venv and nowhere else, except for a
# Chromium, which the tests need and which root gets from the system's packages.

PORT ?= 8000
# More options for `jemmo up`, for example DEMO_ARGS=--exit-when-ready
DEMO_ARGS ?=
# More options for pytest, for example TEST_ARGS='-k embedded'
TEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Where it is set, each process of the tests compiles all of Jemmo again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-deploy soak check types style bench chaos load screenshots reference requirements clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install Jemmo into .venv
	@scripts/install run

demo: setup ## Start everything with a simulated ATS on http://127.0.0.1:8000 (or PORT), until Ctrl-C
	@exec $(BIN)/jemmo up --demo --port $(PORT) $(DEMO_ARGS)

test: ## Run all tests, and install what they need first
	@scripts/install dev
	@scripts/ensure-chromium
	@exec $(BIN)/python -m pytest $(TEST_ARGS)

test-deploy: ## Test on the servers that companies run: PostgreSQL 15, PgBouncer, Supabase's roles, nginx, systemd
	@scripts/install dev
	@scripts/ensure-program pgbouncer pgbouncer
	@scripts/ensure-program nginx nginx-light
	@scripts/ensure-chromium
	@scripts/with-postgres-15 $(BIN)/python -m pytest tests/deploy $(TEST_ARGS)
	@scripts/with-postgres-15 $(BIN)/python -m pytest tests/integration -m "not one_server"
	@TEST_EXAMPLES=300 $(BIN)/python -m pytest -m hypothesis
	@exec $(BIN)/python -m pytest -m long

soak: ## Try twenty times as much of what can be tried without end (or SOAK_EFFORT); one to two hours
	@scripts/install dev
	@SOAK_EFFORT=$${SOAK_EFFORT:-20} exec $(BIN)/python -m pytest -m soak $(TEST_ARGS)

check: ## Check format, lint, types, imports, dependencies and that no file names a machine
	@scripts/install dev
	@$(MAKE) --no-print-directory --output-sync --jobs=2 types style
	@echo "All checks passed."

types:
	@$(BIN)/mypy --no-error-summary

style:
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python scripts/check_tracked_files.py
	@$(BIN)/python scripts/audit_dependencies.py

bench: setup ## Run the benchmark of docs/benchmarks.md
	@$(BIN)/python -m benchmarks
	@exec $(BIN)/python -m benchmarks.connectors

chaos: setup ## Kill workers 200 times while everything else breaks too; see docs/reliability.md
	@exec $(BIN)/python -m benchmarks.chaos

load: setup ## Two minutes of visitors, webhooks and a first sync at once; see docs/reliability.md
	@exec $(BIN)/python -m benchmarks.load

screenshots: setup ## Take the screenshots of docs/screenshots again
	@scripts/install dev
	@scripts/ensure-chromium
	@exec $(BIN)/python scripts/screenshots.py

reference: ## Write docs/cli.md, docs/connectors.md and the tables of docs/data-model.md
	@scripts/install dev
	@exec $(BIN)/python scripts/reference.py

requirements: ## Pin the newest allowed versions of requirements/*.in, with hashes
	@test -x $(BIN)/python || scripts/install run
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(PIP) install uv
	@for list in build run dev; do \
		$(BIN)/python -m uv --quiet pip compile --upgrade --universal --python-version 3.11 \
			--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
			"requirements/$$list.in" --output-file "requirements/$$list.txt" >/dev/null || exit; \
	done

clean: ## Remove .venv and all that tools have left here; Jemmo's data stays
	@rm -rf $(VENV) build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
