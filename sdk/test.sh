#!/usr/bin/env bash
# Tests the verifiers in other languages, each by the runner of its language.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHONDONTWRITEBYTECODE=1

echo "-- JavaScript"
(cd js && npm ci --no-audit --no-fund --loglevel=error && node --test --test-reporter=dot test/*.test.js)

echo "-- Python" # the one of the system, which has the packages that the tests need
(cd python && /usr/bin/python3 -m pytest -q)
