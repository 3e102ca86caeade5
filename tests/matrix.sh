#!/bin/sh
# Unit tests and migrations with each Python that is here, and each Django that it runs: make test-matrix
set -eu
cd "$(dirname "$0")/.."
TOOLS="httpx hypothesis pytest pytest-asyncio pytest-django pytest-timeout pytest-xdist pyyaml"
tried=0
for python in ${PYTHONS:-python3.11 python3.12 python3.13 python3.14}; do
  if ! version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null); then
    echo "matrix: no $python here" >&2
    continue
  fi
  # Django 6 has no Python 3.11.
  for django in 5.2 $([ "$version" = 3.11 ] || echo 6.0); do
    folder=.venv/matrix/$version-$django
    echo "matrix: Python $version, Django $django"
    [ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
    # shellcheck disable=SC2086
    "$folder/bin/pip" install --quiet ".[uvicorn,tracing]" "django~=$django.0" $TOOLS
    "$folder/bin/python" manage.py makemigrations --check --dry-run
    "$folder/bin/python" -m pytest -q -p no:cacheprovider --numprocesses 2 \
      tests/unit/hub tests/unit/notifications/access tests/unit/notifications/sending \
      tests/services/migrations tests/services/user_models
    tried=$((tried + 1))
  done
done
[ "$tried" -gt 0 ]
