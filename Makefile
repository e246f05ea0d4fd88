# make demo   the main job on examples/render-fastapi, against the live index
# make test   the fast tests, without a network
# make check  what .ci/run runs after the tests: ruff, formatting, mypy --strict
# make fuzz   damaged bytes for what reads strangers' bytes, for a minute
# make dist   the wheel and the source distribution, checked as an index would
# make docs   the pages of docs/ as a site, in build/site
# make readme put the current --help, the example's diff and its matrix into README.md
# make clean  remove the environment and the scratch copy
#
# Needs Python 3.10 or newer; `make PYTHON=python3.13 demo` names another one.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo
DEMO_TARGET ?= cp313-render

# An environment of another interpreter is no use.
ifneq ($(shell cat $(VENV)/.python 2>/dev/null),$(PYTHON))
.PHONY: $(VENV)/.python
endif

.PHONY: fuzz demo test test-live test-install test-browser check dist docs readme clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	@rm -rf $(DEMO) && mkdir -p build && cp -R examples/render-fastapi $(DEMO)
	@echo '$$ cd $(DEMO) && pinfix requirements.txt --target $(DEMO_TARGET)'
	@cd $(DEMO) && '$(CURDIR)/$(BIN)/pinfix' requirements.txt --target $(DEMO_TARGET)
	@echo
	@echo 'Written: $(DEMO)/requirements.txt, a copy; examples/render-fastapi is as it was.'

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto -m 'not live and not install and not browser'

test-live: $(VENV)/.test
	$(BIN)/python -m pytest -m 'live and not install'

test-install: $(VENV)/.test
	$(BIN)/python -m pytest -m install

test-browser: $(VENV)/.test
	$(BIN)/python -m pytest -m browser

fuzz: $(VENV)/.test
	$(BIN)/python fuzz/fuzz.py

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

dist: $(VENV)/.release
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo 'Made: build/site/index.html'

readme: $(VENV)/.test
	$(BIN)/python tests/test_readme.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment is made anew when pyproject.toml changes, so that what it no longer names is gone.
$(VENV)/.python: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "pinfix needs Python 3.10 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; name another: make PYTHON=python3.13")'
	$(PYTHON) -m venv --clear $(VENV)
	@echo '$(PYTHON)' > $@

$(VENV)/.installed: $(VENV)/.python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# Dependency groups (PEP 735) are read by pip 25.1 and newer; what venv brings is often older.
$(VENV)/.pip: $(VENV)/.python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.test: $(VENV)/.installed $(VENV)/.pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group test
	@touch $@

$(VENV)/.check: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group check
	@touch $@

$(VENV)/.release: $(VENV)/.installed $(VENV)/.pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group release
	@touch $@

$(VENV)/.docs: $(VENV)/.installed $(VENV)/.pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	@touch $@
