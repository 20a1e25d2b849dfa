# Every target but clean works from a fresh clone: it creates .venv and installs the pinned packages first.
.PHONY: demo test lint clients clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

demo: $(READY)
	$(BIN)/pytest prompt_suites --harness-mode=replay

test: $(READY)
	$(BIN)/pytest -n auto --dist worksteal

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

$(READY): pyproject.toml constraints.txt scripts/find_python.sh
	"$$(sh scripts/find_python.sh)" -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,evaluation,html,integrations,stats]"
	@touch $(READY)

# Clients of the API that the emulator is tested with, each in an environment of its own.
clients: .clients/.ready

.clients/.ready: tests/clients/python.txt tests/clients/llama_index.txt tests/clients/node/package.json
	rm -rf .clients
	for name in python llama_index; do \
		"$$(sh scripts/find_python.sh)" -m venv .clients/$$name && \
		.clients/$$name/bin/pip install --quiet --disable-pip-version-check --requirement tests/clients/$$name.txt || exit 1; \
	done
	.clients/python/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary anthropic \
		--dest .clients/sdk "anthropic==$$(.clients/python/bin/python -c 'import anthropic; print(anthropic.__version__)')"
	cd .clients/sdk && tar --extract --gzip --file anthropic-*.tar.gz && rm anthropic-*.tar.gz
	mkdir .clients/node && cp tests/clients/node/* .clients/node && cd .clients/node && npm install --silent --no-package-lock --no-fund --no-audit
	@touch $@

clean:
	rm -rf $(VENV) .clients .pytest_cache .ruff_cache .mypy_cache .hypothesis
