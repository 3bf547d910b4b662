# Everything a person needs; `make help` lists it. Each target sets up what it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= simulated

.PHONY: help demo test check bench docs browser clients clean

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

$(READY): pyproject.toml hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Synsetter needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dask,dev,demo,fast,plot,postgres]'
	touch $(READY)

demo: $(READY) ## The whole pipeline on a few photographs, with simulated workers (WORKERS=me: with you)
	$(BIN)/synsetter demo --workers $(WORKERS)

test: $(READY) ## All tests, in about five minutes on two cores
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

check: $(READY) ## Style, types, import contracts, and that the docs are true
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/docs

docs: $(READY) ## Write docs/commands.md anew from what each command says of itself
	$(BIN)/python docs/commands.py

bench: $(READY) ## The benchmarks, each against a named peer in the same run (minutes to hours; see benchmarks/README.md)
	$(BIN)/python -m benchmarks

browser: ## Install Chromium for the tests of pages (Debian's packages as root, else Playwright's own)
	@command -v chromium-headless-shell >/dev/null || \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then apt-get update -qq; \
	    apt-get install -y -qq chromium-headless-shell || command -v chromium >/dev/null || apt-get install -y -qq chromium; \
	  else command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	    { $(MAKE) $(READY) && $(BIN)/playwright install chromium; }; fi

# psiTurk and Mephisto pin a world of ten years ago: their MTurk code alone runs on today's boto3.
clients: $(READY) ## Install what others wrote for Mechanical Turk in .clients, for the tests of old clients
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target .clients/python \
	  psiturk==3.3.1 mephisto==1.1.1 omegaconf antlr4-python3-runtime==4.9.3 pyyaml tqdm python-dotenv
	@if command -v npm >/dev/null; then npm install --prefix .clients --no-fund --no-audit --silent @aws-sdk/client-mturk@3; \
	  else echo "npm is not here, so the test of the JavaScript SDK will be skipped"; fi
	@command -v aws >/dev/null || { $(PYTHON) -m venv .clients/aws && .clients/aws/bin/pip install --quiet awscli; }

clean: ## Remove what was built, the environment included
	rm -rf $(VENV) .clients build dist demo-run .mypy_cache .ruff_cache .pytest_cache .hypothesis
