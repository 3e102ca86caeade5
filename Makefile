PYTHON ?= python3
INSTANCES ?= 3
export INSTANCES

CLIENTS = tests/system/clients
PROXIES = haproxy varnish caddy squid
CLUSTER_PARTS = redis-server nginx postgresql openssl
ENGINES = firefox-esr webkit2gtk-driver xvfb

.PHONY: run check units scripts test test-matrix cluster bench lint pins sbom digests clean

run: export HUB_DEMO = 1
run: .venv/run.stamp
	.venv/bin/python manage.py migrate --verbosity 0
	.venv/bin/python manage.py demo
	exec .venv/bin/python manage.py serve

# What needs nothing but Python and Node. `make test` has all of it, too. Linters and tests that wait leave a
# processor idle.
check: .venv/test.stamp
	exec $(MAKE) --jobs 2 --output-sync=target --no-print-directory units lint scripts

units: .venv/test.stamp
	exec .venv/bin/python -m pytest --numprocesses 3 tests/unit tests/house

# The modules of the pages that need no browser.
scripts:
	sh tests/cluster/parts.sh nodejs
	node --no-warnings --experimental-default-type=module --test tests/unit/static/*.test.js tests/unit/static/*/*.test.js

test: lint scripts
	sh tests/cluster/parts.sh $(CLUSTER_PARTS) chromium-headless-shell systemd curl slowhttptest pgbouncer gcc nodejs npm \
		$(PROXIES) $(ENGINES)
	cd $(CLIENTS) && { test node_modules/.package-lock.json -nt package-lock.json || npm ci --silent; }
	.venv/bin/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not alone"
	exec .venv/bin/python -m pytest -m alone

# Needs a registry, a PostgreSQL, and as many of PYTHONS (python3.11 …) as can be had.
test-matrix:
	sh tests/cluster/parts.sh postgresql
	exec sh tests/matrix.sh

cluster: .venv/run.stamp
	sh tests/cluster/parts.sh $(CLUSTER_PARTS)
	exec .venv/bin/python -m tests.cluster

bench: .venv/test.stamp
	sh tests/cluster/parts.sh redis-server postgresql gcc
	exec .venv/bin/python -m tests.benchmark

lint: .venv/test.stamp
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy hub notifications tests manage.py clients/python/hub_client
	.venv/bin/lint-imports --no-logo --no-cache
	.venv/bin/python manage.py makemigrations --check --dry-run

# A stamp younger than its pins makes every later run start at once.
.venv/run.stamp: constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --require-hashes -r constraints.txt
	touch $@

.venv/test.stamp: constraints-dev.txt
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --require-hashes -r constraints-dev.txt
	touch $@ .venv/run.stamp

# With what traces, as the image has it. The second file is held to the first: what is tested is what runs.
UV = uv==0.13.9
COMPILE = compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

pins:
	$(PYTHON) -m venv .venv/pins
	.venv/pins/bin/pip install --quiet $(UV)
	.venv/pins/bin/uv pip $(COMPILE) pyproject.toml --extra tracing -o constraints.txt
	.venv/pins/bin/uv pip $(COMPILE) pyproject.toml --extra dev -c constraints.txt -o constraints-dev.txt

# What an image has in it, with the hashes that pip demanded; an artefact of a build, not a file of ours.
sbom: .venv/test.stamp
	.venv/bin/cyclonedx-py requirements constraints.txt --pyproject pyproject.toml --output-reproducible \
		--output-file sbom.json

# Needs a registry and docker: each image that others make, by what it is now instead of by its name.
digests:
	sh docs/operations/digests.sh Dockerfile docker-compose.yml

clean:
	rm -rf .venv $(CLIENTS)/node_modules sbom.json .bench .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .hypothesis staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
