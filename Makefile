# Two commands, each doing its own set-up: `make run` and `make test`; `make demo` shows one whole turn.

PYTHON ?= python3
STAMP := .venv/.installed

.PHONY: run demo test install format

run: install
	@exec .venv/bin/python manage.py run

demo: install
	@DATA_DIR="$${DATA_DIR:-var/demo}" exec .venv/bin/python manage.py demo

test: install
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy .
	.venv/bin/lint-imports
	@if find templates -name '*.html' | grep -q .; then \
	    set -x; .venv/bin/djlint templates --lint --quiet && .venv/bin/djlint templates --check; fi
	@for name in chromium chromium-browser google-chrome; do command -v $$name && break; done >/dev/null \
	    || echo "browser tests not run: no Chromium found"
	.venv/bin/pytest -n auto --maxprocesses 4 --dist loadfile

format: install
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/djlint templates --reformat --quiet

install: $(STAMP)

# The stamp is written last: an interrupted installation is begun again.
$(STAMP): requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and $(PYTHON) was not found. Name one with: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another with: make PYTHON=python3.11"; exit 1; }
	@test -x .venv/bin/pip || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "A virtual environment could not be created; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $(STAMP)
