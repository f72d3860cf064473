# Neural Style for GIMP. `make` alone tells what there is.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIP := -m pip install --quiet --quiet --disable-pip-version-check --no-warn-script-location

.DEFAULT_GOAL := help
.PHONY: help demo check test test-elsewhere test-gpu test-gimp32 coverage matrix audit lint lock install wheel clean

help:
	@echo "make demo         stylize a photograph in a real GIMP 3, into out/"
	@echo "make install      put the plug-in into your GIMP 3"
	@echo "make check        what is soon known: form, types, and the tests that neither paint nor start programs"
	@echo "make test         run every test, the real GIMP included"
	@echo "make test-elsewhere  run what depends on arithmetic as other processors and systems would"
	@echo "make test-gpu     run the tests of graphics cards of any make on one in software, with Vulkan"
	@echo "make test-gimp32  run the tests that need a GIMP with GIMP 3.2"
	@echo "make coverage     run the tests that need no GIMP, and tell how much of the code they reach"
	@echo "make matrix       run them under every Python that is here, also those of private GIMPs"
	@echo "make audit        ask whether what the engine needs has known holes (needs a network)"
	@echo "make lint         check the code's form and its types"
	@echo "make lock         take the newest versions of all tools and libraries, and write them into constraints.txt"
	@echo "make wheel        build the package into dist/"
	@echo "make clean        remove what the others made: environments, the private GIMP, out/"

demo: .venv/installed
	@.venv/bin/python -m demo

install: .venv/installed
	@.venv/bin/neural-style install

check: lint
	@.venv-test/bin/python -m pytest -m 'not gimp and not slow' --numprocesses 2 --dist worksteal

# Five files at a time, because those with a window mostly wait; one thread each.
test: .venv-test/installed
	@.venv-test/bin/python -m demo.gimp
	@OMP_NUM_THREADS=1 .venv-test/bin/python -m pytest --numprocesses 5 --dist loadfile --no-loadscope-reorder

# Kernels, threads and surroundings of other machines, one after another.
test-elsewhere: .venv-test/installed
	@.venv-test/bin/python tests/support/machines/elsewhere.py

# In the private Debian, which has a newer Mesa; its card in software is a real Vulkan device.
test-gpu: .venv-test/installed
	@PYTHONPATH=. .venv-test/bin/python tests/support/machines/software_card.py

# The suite that has GIMP 3.2; `make test` uses 3.0, or the machine's own.
test-gimp32: .venv-test/installed
	@.venv-test/bin/python -m demo.gimp sid
	@.venv-test/bin/python -m pytest -m gimp --gimp sid

# What runs inside GIMP is seen by GIMP's Python alone.
coverage: .venv-test/installed
	@rm -rf .cache/coverage
	@mkdir -p .cache/coverage
	@.venv-test/bin/coverage run -m pytest -m 'not gimp'
	@.venv-test/bin/coverage combine --quiet
	@.venv-test/bin/coverage json --quiet -o .cache/coverage/report.json
	@.venv-test/bin/python tests/support/coverage_figures.py .cache/coverage/report.json

matrix: .venv-test/installed
	@PATH="$$PATH$$(printf ':%s' "$$HOME"/.pyenv/versions/*/bin)" .venv-test/bin/python -m nox

audit: .venv-test/installed
	@.venv-test/bin/pip-audit --local --skip-editable

lint: .venv-test/installed
	@.venv-test/bin/ruff check
	@.venv-test/bin/ruff format --check
	@.venv-test/bin/mypy
	@.venv-test/bin/lint-imports --no-logo

# Run the tests afterwards: `make test` builds its environment with these versions.
lock:
	@rm -rf .cache/lock
	@mkdir -p .cache
	@$(call new-venv,.cache/lock)
	@.cache/lock/bin/python $(PIP) torch
	@.cache/lock/bin/python $(PIP) '.[dev]'
	@{ head -n 1 constraints.txt; .cache/lock/bin/python -m pip freeze --all --exclude pip --exclude gimp-neural-style \
	    | sed -E 's/\+[A-Za-z0-9.]+$$//' | LC_ALL=C sort -f; } > .cache/constraints.txt
	@mv .cache/constraints.txt constraints.txt
	@rm -rf .cache/lock build

# Without what an earlier build left: it would go into the wheel.
wheel: .venv-test/installed
	@rm -rf build dist
	@.venv-test/bin/python -m docs.guide_page
	@.venv-test/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@rm -rf build
	@ls -l dist

clean:
	@rm -rf .venv .venv-test .cache out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Clean."

# The stamp is written last: an interrupted build starts over.
.venv/installed: pyproject.toml
	@echo "Building .venv: the engine and what it needs (without torch)"
	@$(call new-venv,.venv)
	@.venv/bin/python $(PIP) --editable '.[cpu,film]'
	@touch $@

.venv-test/installed: pyproject.toml constraints.txt
	@echo "Building .venv-test: the engine, torch and the test tools"
	@$(call new-venv,.venv-test)
	@.venv-test/bin/python $(PIP) --constraint constraints.txt torch
	@.venv-test/bin/python $(PIP) --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Debian keeps venv apart from python3; root can fetch it.
define new-venv
if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; fi; \
if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo "Installing python3-venv"; \
    apt-get install -qq -y python3-venv >/dev/null 2>&1 || { \
        apt-get update -qq && apt-get install -qq -y python3-venv >/dev/null; }; fi; \
[ -e $@ ] || "$(PYTHON)" -m venv --clear $(1)
endef
