#!/usr/bin/env bash
# Tests the verifiers in other languages, each by the runner of its language.
set -euo pipefail
cd "$(dirname "$0")"

echo "-- JavaScript"
(cd js && npm ci --no-audit --no-fund --loglevel=error && node --test --test-reporter=dot test/*.test.js)
