# Two commands do everything on a fresh machine with Python 3.11 or later: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   ?= examples/stream.jpg
OUT    ?= out
BENCHMARKS ?= create rasteriser binaural lifting pictures outpainting depth calibration recognition sounds \
	agreement field_metrics gradients hrtf occlusion ray_tracing room_responses rooms_from_depth simulate spherical_harmonics

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-browser demo test test-slow bench lint format schema pictures clean

help: ## Say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1|/' | column -t -s '|'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sonovista needs Python 3.11 or later: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The viewer's sources are among the prerequisites, since installing is what builds it.
WEB := $(wildcard web/src/* web/src/*/* web/*.json web/*.html web/*.ts)
$(VENV)/.installed: pyproject.toml hatch_build.py $(WEB) | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

setup: $(VENV)/.installed ## Install Sonovista into .venv
setup-dev: $(VENV)/.installed-dev

setup-browser:
	@sh tools/install_chromium.sh $(BIN)/python

demo: setup ## Turn a real photo into a scene, render an orbit, say how to see it
	@mkdir -p $(OUT)
	$(BIN)/sonovista create $(DEMO) -o $(OUT)/demo --force
	$(BIN)/sonovista render $(OUT)/demo --trajectory orbit --to $(OUT)/demo-orbit.wav
	$(BIN)/sonovista render $(OUT)/demo --to $(OUT)/demo-view.png
	@echo
	@echo "the scene:        $(OUT)/demo/"
	@echo "the start view:   $(OUT)/demo-view.png"
	@echo "an orbit to hear: $(OUT)/demo-orbit.wav   (use headphones)"
	@echo "walk through it:  $(BIN)/sonovista view $(OUT)/demo"

test: setup-dev setup-browser ## Set up and pass the tests
	$(BIN)/pytest -n 2 --durations 15

test-slow: setup-dev setup-browser ## The longer checks
	$(BIN)/pytest -m slow --timeout 1800

bench: setup-dev setup-browser ## Every benchmark beside its peers, one JSON document each, into out/bench
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[bench]'
	@mkdir -p $(OUT)/bench
	@for name in $(BENCHMARKS); do echo "$$name"; \
		$(BIN)/python benchmarks/$$name.py > $(OUT)/bench/$$name.json || exit 1; done

lint: setup-dev ## Style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: setup-dev ## Put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: setup-dev ## Publish the JSON schema of scene.json under docs/
	$(BIN)/python tools/write_schema.py

pictures: setup-dev setup-browser ## Make the README's pictures
	$(BIN)/python tools/make_pictures.py

clean: ## Remove what was made here
	rm -rf $(OUT) build dist $(VENV) src/sonovista/viewer/client web/node_modules
