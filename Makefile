# SPDX-License-Identifier: BSD-3-Clause
# Every target sets up what it needs: a virtual environment in .venv/, a build in build/. Nothing is done twice: stamps
# say what is up to date. `make VERSION=3.12 TARGET` uses another Python; PYTHON=/path/to/python does, too.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory
export PYTHON

VERSION := $(shell tools/find-python --version 2>/dev/null)
ifeq ($(VERSION),)
VERSION := none
endif

ROOT := $(CURDIR)
VENV := $(ROOT)/.venv/$(VERSION)
BUILD := $(ROOT)/build/$(VERSION)
C_BUILD := $(BUILD)-c
SOURCES := meson.build meson.options pyproject.toml tenon.pc.in LICENSE \
           $(shell find include src python -type f ! -name '*.pyc')
# The tools of the environment first: tenon, meson, ninja, cmake.
IN_VENV := PATH="$(VENV)/bin:$$PATH"
PYTHON3 := $(IN_VENV) $(VENV)/bin/python
PYTEST := $(PYTHON3) -m pytest
# The benchmarks have their peers in an environment of their own.
BENCH_PYTHON := PATH="$(VENV)-bench/bin:$$PATH" $(VENV)-bench/bin/python

READY := $(VENV)/.ready
INSTALLED := $(BUILD)/.installed
INSTALLED_ASAN := $(BUILD)-asan/.installed

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

# --- for everybody ---------------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(INSTALLED) ## build a material model from C, run it over 200,000 points, plot and compare
	@$(PYTHON3) examples/material/demo.py

STEPS := test-c test-python test-cpython test-bind examples test-bench test-docs test-nonumpy test-asan

.PHONY: test
test: $(INSTALLED) ## all tests: C, Python, binder, examples, documentation, sanitizers
	@$(PYTHON3) tools/run-steps $(MAKE) VERSION=$(VERSION) -- $(STEPS)

.PHONY: test-3.12 test-3.13 test-pythons
test-3.12: ## all tests with Python 3.12
	@$(MAKE) test VERSION=3.12
test-3.13: ## all tests with Python 3.13
	@$(MAKE) test VERSION=3.13
test-pythons: ## all tests with Python 3.11, 3.12 and 3.13
	@$(MAKE) test VERSION=3.11
	@$(MAKE) test VERSION=3.12
	@$(MAKE) test VERSION=3.13

# --- the steps of `make test` ----------------------------------------------------------------------------------------

.PHONY: test-c
test-c: $(READY) ## the units of libtenon, without Python
	@test -f $(C_BUILD)/build.ninja || $(IN_VENV) meson setup $(C_BUILD) -Dtests=true -Dbuildtype=debugoptimized >/dev/null
	@$(IN_VENV) meson test -C $(C_BUILD) --print-errorlogs

.PHONY: test-python
test-python: $(INSTALLED) ## the package and the engine: borrowing, calling, batches, errors, hostile exporters
	@$(PYTEST) $(wildcard tests/package tests/python tests/hostile tests/interop)

.PHONY: test-cpython
test-cpython: $(INSTALLED) ## CPython's own tests of memoryview, with tenon.Span in its place
	@$(PYTEST) tests/cpython

.PHONY: test-bind
test-bind: $(INSTALLED) ## the binder: prototype cases, generated code and stubs
	@$(PYTEST) tests/bind

.PHONY: examples
examples: $(INSTALLED) ## build and check the examples
	@$(PYTEST) tests/examples

.PHONY: test-bench
test-bench: $(BUILD)-bench/.installed ## the benchmarks run and check their results; no time is judged
	@$(BENCH_PYTHON) -m pytest tests/bench

.PHONY: test-docs
test-docs: $(INSTALLED) ## run every code block of README.md and docs/
	@$(PYTEST) tests/docs

.PHONY: test-nonumpy
test-nonumpy: $(BUILD)-nonumpy/.installed ## the engine in an environment that has no NumPy
	@PATH="$(VENV)-nonumpy/bin:$$PATH" $(VENV)-nonumpy/bin/python -m pytest tests/nonumpy

# Bounds of zero are legal in Tenon, so vla-bound is off. Leaks are counted by tests of their own: CPython leaks at exit.
SANITIZE := -fsanitize=address,undefined -fno-sanitize=vla-bound -fno-sanitize-recover=undefined
ASAN_LIBRARY = $(shell $(CC) -print-file-name=libasan.so)
SANITIZE_ENV = LD_PRELOAD="$(ASAN_LIBRARY) $(shell $(CC) -print-file-name=libubsan.so)" \
    ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc PYTHONPATH=$(BUILD)-asan/site \
    CFLAGS="$(SANITIZE) -g -O1 -fno-omit-frame-pointer" LDFLAGS="-fsanitize=address,undefined"
SANITIZE_MESON := -Dbuildtype=debugoptimized -Db_ndebug=false -Db_lundef=false -Db_sanitize=address,undefined

.PHONY: test-asan
test-asan: $(INSTALLED_ASAN) ## C units and Python suites under AddressSanitizer and UndefinedBehaviorSanitizer
	@test -f $(C_BUILD)-asan/build.ninja || $(IN_VENV) meson setup $(C_BUILD)-asan -Dtests=true $(SANITIZE_MESON) >/dev/null
	@$(IN_VENV) meson test -C $(C_BUILD)-asan --print-errorlogs
	@$(SANITIZE_ENV) $(PYTEST) -p no:cacheprovider -m "not unsanitized" \
	    $(wildcard tests/package tests/python tests/hostile tests/cpython tests/bind)

# --- for developers --------------------------------------------------------------------------------------------------

# NumPy 1.26 has no wheels for Python 3.13. Torch without CUDA packages: the registry's where it is that, else the
# system's own where it is for this Python (Debian: apt install python3-torch).
INTEROP := $(BUILD)-interop/.installed $(if $(filter 3.11 3.12,$(VERSION)),$(BUILD)-interop-numpy1/.installed)
.PHONY: interop
interop: $(INTEROP) ## show Spans to other libraries, and compare with docs/reference/interop.md (RECORD=1 writes it)
	@tools/add-system-torch $(VENV)-interop/bin/python
	@$(VENV)-interop/bin/python tests/interop $(VENV)-interop/bin/python= \
	    $(if $(filter 3.11 3.12,$(VERSION)),"$(VENV)-interop-numpy1/bin/python=NumPy 1.26") $(if $(RECORD),--record)

.PHONY: docs
docs: $(BUILD)-docs/.installed ## the documentation as HTML, in build/docs
	@$(VENV)-docs/bin/python -m sphinx -q -E -W --keep-going -b html docs build/docs
	@echo "build/docs/index.html"

.PHONY: bench
bench: $(BUILD)-bench/.installed ## measure Tenon beside its peers and hand-written C (RECORD=1 draws docs/benchmarks)
	@$(BENCH_PYTHON) bench $(TABLES) $(if $(RECORD),--record)

.PHONY: bench-quick
bench-quick: $(BUILD)-bench/.installed ## see that the benchmarks run and give right results; no thresholds
	@$(BENCH_PYTHON) bench --quick

.PHONY: fuzz
fuzz: $(READY) ## fuzz the parsers of libtenon for a minute each
	@fuzz/run

.PHONY: lint
lint: $(VENV)-dev/.ready ## style and types of the Python code
	@$(VENV)-dev/bin/ruff check python tests tools examples bench docs
	@$(VENV)-dev/bin/mypy python/tenon

.PHONY: clean
clean: ## remove builds and environments
	rm -rf build .venv .pytest_cache .mypy_cache .ruff_cache

# --- environments and builds -----------------------------------------------------------------------------------------

ifeq ($(VERSION),none)
$(READY):
	@tools/find-python
else
$(READY): pyproject.toml tools/make-venv tools/requirements
	@tools/make-venv $(VENV) $(VERSION) build-system build test demo
	@touch $@
endif

# Environments for one purpose each: the extra of pyproject.toml has the same name.
SIDE_ENVIRONMENTS := bench nonumpy docs dev interop interop-numpy1
$(SIDE_ENVIRONMENTS:%=$(VENV)-%/.ready): $(VENV)-%/.ready: pyproject.toml tools/make-venv tools/requirements
	@tools/make-venv $(VENV)-$* $(VERSION) $*
	@touch $@

# The wheel is what is tested. Meson's build folder stays, so that only what changed is compiled again. A stamp bears the
# time at which the build began, so that what is edited meanwhile counts as changed.
WHEEL := -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps
INSTALL := -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall

$(INSTALLED): $(READY) $(SOURCES)
	@rm -rf $(BUILD)/wheel && mkdir -p $(BUILD) && touch $@.started
	@$(PYTHON3) $(WHEEL) -w $(BUILD)/wheel -Cbuild-dir=$(BUILD)/meson .
	@$(PYTHON3) $(INSTALL) $(BUILD)/wheel/*.whl
	@mv $@.started $@

$(SIDE_ENVIRONMENTS:%=$(BUILD)-%/.installed): $(BUILD)-%/.installed: $(VENV)-%/.ready $(INSTALLED)
	@mkdir -p $(@D)
	@$(VENV)-$*/bin/python $(INSTALL) $(BUILD)/wheel/*.whl
	@touch $@

# Under the sanitizers: the same environment, with this build before it on the path.
$(INSTALLED_ASAN): $(READY) $(SOURCES)
	@case "$(ASAN_LIBRARY)" in /*) ;; *) echo "$(CC) has no libasan.so: install gcc's sanitizers" \
	    "(Debian, Ubuntu: part of gcc; Fedora: dnf install libasan libubsan), or set CC=gcc" >&2; exit 1 ;; esac
	@rm -rf $(BUILD)-asan/wheel $(BUILD)-asan/site && mkdir -p $(BUILD)-asan && touch $@.started
	@$(PYTHON3) $(WHEEL) -w $(BUILD)-asan/wheel -Cbuild-dir=$(BUILD)-asan/meson \
	    $(patsubst %,-Csetup-args=%,$(SANITIZE_MESON)) .
	@$(PYTHON3) $(INSTALL) --target $(BUILD)-asan/site $(BUILD)-asan/wheel/*.whl
	@mv $@.started $@
