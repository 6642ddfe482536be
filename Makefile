# Each target sets up what it needs by itself, once; `make help` lists them.
# ARGS goes to the command behind a target: make demo ARGS=--once

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
AUDIT := .venv-audit
PY := $(BIN)/python
UV_VERSION := 0.13.9
ARGS ?=
# Processes that share the tests; 0 runs them in one, as -s and a debugger want it.
WORKERS ?= auto

export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := $(PY) -m pip install --quiet

# The first Python that is new enough; PYTHON=... takes another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

# A .venv that was made elsewhere or with another Python than PYTHON=... names, or whose making was
# interrupted, is made anew.
OTHER := $(if $(filter command,$(firstword $(origin PYTHON))),$(shell test \
	"$$($(PY) -VV 2>/dev/null)" = "$$($(PYTHON) -VV 2>/dev/null)" || echo yes))
WHOLE := $(shell grep -qsF '$(CURDIR)/$(VENV)' $(BIN)/activate && test -f $(VENV)/.made \
	&& $(PY) -c 'import pip' 2>/dev/null && test -z '$(OTHER)' && echo yes)
ifneq ($(WHOLE),yes)
.PHONY: $(VENV)/.made
endif

##@ Use

.PHONY: demo
demo: $(VENV)/.project ## Watch mails travel from a topic to a mailbox; needs nothing but Python
	@$(PY) -m app demo $(ARGS)

.PHONY: run
run: $(VENV)/.project ## Run the service with the settings of the environment and .env
	@$(PY) -m app run $(ARGS)

.PHONY: up
up: ## Start service, Kafka and mailbox in containers; MONITORING=1 adds Prometheus and Grafana
	docker compose $(if $(MONITORING),--profile monitoring) up --build --detach --wait $(ARGS)
	@printf '\nMailbox    http://%s\n' "$$(docker compose port mailbox 8025)"
	@for number in $$(docker compose ps --quiet mailer | awk '{ print NR }'); do \
		printf 'Health     http://%s/health\n' "$$(docker compose port --index $$number mailer 8081)"; \
	done
	@$(if $(MONITORING),printf 'Alerts     http://%s/alerts\nDashboards http://%s\n' \
		"$$(docker compose --profile monitoring port prometheus 9090)" \
		"$$(docker compose --profile monitoring port grafana 3000)")
	@printf 'Kafka      %s\n\nSend a mail, and look into the mailbox:\n' "$$(docker compose port kafka 9092)"
	@echo '  docker compose exec mailer kafka-mailer send --to ann@example.com --subject Hello --text "Hello Ann"'
	@echo 'See its log:  docker compose logs --follow mailer'
	@echo 'End it all:   make down'

.PHONY: down
down: ## Stop these containers; what Kafka holds stays in its volume
	docker compose --profile monitoring down --remove-orphans $(ARGS)

.PHONY: image
image: ## Build the container image
	docker build --tag kafka-mailer $(ARGS) .

##@ Develop

.PHONY: setup
setup: $(VENV)/.dev ## Install all that developing needs into .venv
	@echo 'Ready: $(BIN)/kafka-mailer; checks before each commit: $(BIN)/pre-commit install'

.PHONY: test
test: $(VENV)/.dev ## Run all tests; what this machine cannot run is skipped and named
	@$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest --numprocesses $(WORKERS) --maxprocesses 4 \
		--dist loadgroup --no-loadscope-reorder $(ARGS)
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report $(if $(ARGS),--fail-under=0)

.PHONY: test-unit
test-unit: $(VENV)/.dev ## Run the tests that need no server
	$(PY) -m pytest tests/unit $(ARGS)

.PHONY: lab
lab: $(VENV)/.dev ## Try image and containers on an engine of its own, as root on Debian
	@tests/containers/lab/lab.sh $(ARGS)

.PHONY: bench
bench: $(VENV)/.dev ## Measure the whole way and its parts, which takes minutes; a quiet machine helps
	$(PY) -m bench.end_to_end $(ARGS)
	$(PY) -m bench.path $(ARGS)
	$(PY) -m bench.pool $(ARGS)
	$(PY) -m bench.compose $(ARGS)
	$(PY) -m bench.dialogue $(ARGS)
	$(PY) -m bench.metrics $(ARGS)

# Such as bench-soak: what there is, docs/performance.md lists.
bench-%: $(VENV)/.dev ## Run one measurement alone: bench-memory, bench-soak, bench-end-to-end, …
	$(PY) -m bench.$(subst -,_,$*) $(ARGS)

.PHONY: guard
guard: $(VENV)/.dev ## Fail where a message costs more processor time than it may, beside a plain service
	$(PY) -m bench.guard

.PHONY: chaos
chaos: $(VENV)/.dev ## Try the promise with faults on purpose, as long as MINUTES= says; SEED= replays
	$(PY) -m tests.faults $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: check
check: $(VENV)/.dev ## Check style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PY) -m reference --check
	$(BIN)/hadolint Dockerfile tests/containers/lab/kafka/Dockerfile
	$(BIN)/shellcheck .ci/run tests/containers/lab/lab.sh tests/containers/lab/kafka/*.sh examples/console/*.sh

.PHONY: format
format: $(VENV)/.dev ## Bring the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: docs
docs: $(VENV)/.dev ## Build the documentation into build/docs; ARGS=serve shows it as you write
	$(BIN)/zensical $(or $(ARGS),build --strict --clean)

.PHONY: reference
reference: $(VENV)/.project ## Write .env.example, the tables of docs/ and the dashboards anew from the code
	@$(PY) -m reference

.PHONY: lock
lock: $(VENV)/.made ## Pin the newest dependencies that pyproject.toml allows
	@$(PIP) uv==$(UV_VERSION)
	$(call compile,runtime,--extra mjml --extra css)
	$(call compile,tracing,--extra mjml --extra css --extra otel)
	$(call compile,demo,--extra demo --extra mjml --extra css --extra otel --group build)
	$(call compile,dev,--extra demo --extra mjml --extra css --extra otel --group build --group dev)
	$(call compile,audit,--constraint requirements/demo.txt --group audit)
	$(call compile,build,--constraint requirements/demo.txt --group build)

# Name and options; what is constrained by another lock does not take in the project itself.
define compile
$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	$(2) --output-file requirements/$(1).txt $(if $(findstring constraint,$(2)),,pyproject.toml)
endef

.PHONY: sbom
sbom: $(AUDIT)/.made ## Write the image's bill of materials to dist/sbom.cdx.json (CycloneDX)
	@rm -rf build/sbom && mkdir -p build dist
	@$(PYTHON) -m venv --without-pip build/sbom
	@$(AUDIT)/bin/python -m pip --python build/sbom/bin/python install --quiet \
		--require-hashes --requirement requirements/runtime.txt
	@$(AUDIT)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file dist/sbom.cdx.json build/sbom/bin/python
	@rm -rf build/sbom
	@echo 'Written: dist/sbom.cdx.json'

.PHONY: audit
audit: $(AUDIT)/.made ## Look for known vulnerabilities of what the service runs on
	@$(AUDIT)/bin/python .ci/audit.py requirements/runtime.txt

.PHONY: clean
clean: ## Remove .venv and what tools left behind
	rm -rf $(VENV) $(AUDIT) build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache

##@ Help

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "%s%s\n", sep, substr($$0, 5); sep = "\n" } \
		/^[a-z%-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(VENV)/.made:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo 'Making .venv with $(PYTHON) (once)'
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# Interrupted half-way, a stamp is missing and its step is done again.
$(VENV)/.locked: requirements/demo.txt $(VENV)/.made
	@echo 'Installing the pinned dependencies'
	@$(PIP) --require-hashes --requirement requirements/demo.txt
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.locked
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.project
	@echo 'Installing the pinned tools for tests and checks'
	@$(PIP) --require-hashes --requirement requirements/dev.txt
	@touch $@

$(AUDIT)/.made: requirements/audit.txt
	@rm -rf $(AUDIT)
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --require-hashes --requirement requirements/audit.txt
	@touch $@
