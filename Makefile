# SPDX-License-Identifier: BSD-3-Clause
# Every target makes the virtual environment that it needs, .venv/NAME, with this Python.
PYTHON ?= python3
# The binding of `make demo`, `timing`, `stress`, `conformance`, `bench`: pyqt6 or pyside6.
BINDING ?= pyqt6
# Further arguments for pytest, or for the program that a target runs.
ARGS ?=

NAME_pyqt6 := PyQt6
NAME_pyside6 := PySide6
BINDING_NAME := $(NAME_$(BINDING))
TOOLS := .venv/tools/bin
PYTHONS := 3.10 3.15
PLATFORMS := linux darwin win32
PYRIGHT := 1.1.414
# Of stubs/, what can be imported on Linux.
STUBTESTED := _signal

SUITE := not timing and not conformance and not typing

.PHONY: help demo test test-none test-pyqt6 test-pyside6 timing stress conformance bench bench-full bench-report bench-gate ui-tick \
	check lint format layers types typing pyright coverage clean

help:
	@echo "make demo         a small program that does the real thing, checked"
	@echo "make test         all tests: without a binding, with PyQt6, with PySide6"
	@echo "make check        lint, layers, types"
	@echo "make typing       the types of signals, with stock stubs and with fresh overlays"
	@echo "make coverage     make test, measured"
	@echo "make timing       the promises in seconds, on a quiet machine"
	@echo "make stress       threads, dying objects, cancelled waits, for a minute"
	@echo "make conformance  CPython's own asyncio tests on our loops"
	@echo "make bench        speed against stock asyncio and others, the main rows (2 minutes)"
	@echo "make bench-full   all rows and columns (half an hour)"
	@echo "make bench-report the figures of the documentation, with all bindings (an hour)"
	@echo "make bench-gate   instructions per operation against the record; needs valgrind"
	@echo "make ui-tick      how late the user interface's own timers are under load"
	@echo "BINDING=pyside6 chooses the binding, ARGS=... is passed on"

.venv/%/.ready: pyproject.toml scripts/venv.py
	@$(PYTHON) scripts/venv.py $*

demo: .venv/$(BINDING)/.ready
	QTINTERBINDING=$(BINDING_NAME) .venv/$(BINDING)/bin/python -m qtinter.demo $(ARGS)

# Runs all three, and fails at the end if one failed.
test: .venv/none/.ready .venv/pyqt6/.ready .venv/pyside6/.ready
	@failed=; for one in none pyqt6 pyside6; do \
		$(MAKE) --no-print-directory test-$$one || failed="$$failed $$one"; \
	done; [ -z "$$failed" ] || { echo "make test: failed:$$failed"; exit 1; }

test-none: .venv/none/.ready
	.venv/none/bin/python scripts/suite.py none none -m "$(SUITE) and not qt" $(ARGS)
test-pyqt6 test-pyside6: test-%: .venv/%/.ready
	.venv/$*/bin/python scripts/suite.py $* $(NAME_$*) -m "$(SUITE)" $(ARGS)

timing: .venv/$(BINDING)/.ready
	.venv/$(BINDING)/bin/python scripts/suite.py timing-$(BINDING) $(BINDING_NAME) -m "timing and not typing" $(ARGS)

conformance: .venv/$(BINDING)/.ready
	.venv/$(BINDING)/bin/python tests/conformance/run.py --binding $(BINDING_NAME) $(ARGS)

stress: .venv/$(BINDING)/.ready
	QT_QPA_PLATFORM=offscreen .venv/$(BINDING)/bin/python -m tests.signals.stress.run \
		--binding $(BINDING_NAME) --seconds 60 $(ARGS)

# These install what they compare with into a folder of its own, .cache/benchmarks.
bench: .venv/$(BINDING)/.ready
	.venv/$(BINDING)/bin/python -m benchmarks --binding $(BINDING_NAME) $(ARGS)

bench-full: .venv/$(BINDING)/.ready
	.venv/$(BINDING)/bin/python -m benchmarks --binding $(BINDING_NAME) --rows full --impl all $(ARGS)

# Measures everything anew and writes docs/explanation/performance; ARGS=--render only writes.
bench-report: .venv/bench/.ready
	.venv/bench/bin/python -m benchmarks.page $(ARGS)

# Needs valgrind.
bench-gate: .venv/pyqt6/.ready
	.venv/pyqt6/bin/python -m benchmarks.gate $(ARGS)

# How a 10 ms QTimer of the user's fares under load; wants a quiet machine.
ui-tick: .venv/$(BINDING)/.ready
	.venv/$(BINDING)/bin/python -m benchmarks.ui_tick --binding $(BINDING_NAME) $(ARGS)

check: lint layers types

lint: .venv/tools/.ready
	$(TOOLS)/ruff check .
	$(TOOLS)/ruff format --check .

format: .venv/tools/.ready
	$(TOOLS)/ruff check --fix .
	$(TOOLS)/ruff format .

layers: .venv/tools/.ready
	$(TOOLS)/lint-imports

types: .venv/tools/.ready
	@for python in $(PYTHONS); do for platform in $(PLATFORMS); do \
		echo "mypy: Python $$python, $$platform"; \
		$(TOOLS)/mypy --python-version $$python --platform $$platform \
			--cache-dir build/mypy/$$python-$$platform || exit 1; \
	done; done
	@echo "stubtest: stubs/"
	@MYPYPATH=stubs $(TOOLS)/stubtest --ignore-missing-stub $(STUBTESTED)

# The tests of types, with mypy, and with pyright where there is one (`make pyright-installed`).
# `make typing TYPING="typing and timing"` compares the times of checking.
TYPING := typing and not timing
typing: .venv/typing-pyqt6/.ready .venv/typing-pyside6/.ready
	@failed=; for one in pyqt6:PyQt6 pyside6:PySide6; do \
		.venv/typing-$${one%:*}/bin/python scripts/suite.py typing-$${one%:*} $${one#*:} \
			-m "$(TYPING)" tests/typing $(ARGS) || failed="$$failed $$one"; \
	done; [ -z "$$failed" ] || { echo "make typing: failed:$$failed"; exit 1; }

build/node/.ready-$(PYRIGHT):
	npm install --silent --no-save --prefix build/node pyright@$(PYRIGHT)
	@touch $@

# Needs node, which is why it isn't part of `make check`.
.PHONY: pyright-installed
pyright-installed: build/node/.ready-$(PYRIGHT)
pyright: .venv/tools/.ready pyright-installed
	build/node/node_modules/.bin/pyright --pythonpath $(TOOLS)/python
	@# It looks for the package with the python that comes first on PATH, and nowhere else.
	PATH="$(abspath $(TOOLS)):$$PATH" build/node/node_modules/.bin/pyright \
		--verifytypes qtinter --ignoreexternal

coverage: .venv/tools/.ready
	rm -rf build/coverage
	@COVERAGE=1 $(MAKE) --no-print-directory test; tested=$$?; \
		$(MAKE) --no-print-directory coverage-report && exit $$tested

# The scheduler must be covered by the run without a binding; all of it by all runs together.
.PHONY: coverage-report
coverage-report: .venv/tools/.ready
	@echo "qtinter.scheduler, tested without a binding:"
	@COVERAGE_FILE=build/coverage/.coverage.none $(TOOLS)/coverage combine --quiet --keep build/coverage/*none/.coverage.*
	@COVERAGE_FILE=build/coverage/.coverage.none $(TOOLS)/coverage report --include='src/qtinter/scheduler/*'
	@echo "all, in all runs together:"
	@COVERAGE_FILE=build/coverage/.coverage $(TOOLS)/coverage combine --quiet --keep build/coverage/*/.coverage.*
	@COVERAGE_FILE=build/coverage/.coverage $(TOOLS)/coverage report

clean:
	rm -rf .venv .nox .cache build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis
