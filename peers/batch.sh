#!/usr/bin/env bash
# Signs and verifies batches by the command line, and prints for each the time, the
# peak of memory, and the throughput. Needs GNU time (Debian: time).
#
#   peers/batch.sh [ROWS…]      (default: 10000 1000000)
#
# Of several numbers of rows, only the first is also verified with --json. With MOST=N
# it fails if a peak is above N megabytes.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 10000 1000000
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/licseal" ./cmd/licseal
cd "$dir"
PATH=$dir:$PATH
licseal keygen -o vendor.key --no-passphrase 2>/dev/null >/dev/null
echo '{"dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2027-12-31","product_subscription":"Konnect Enterprise","support_plan":"None"}' >template.json

# measure NAME ROWS COMMAND…: runs a command and prints what it took.
measure() {
  local name=$1 rows=$2
  shift 2
  command time -f '%e %M' -o took "$@" >/dev/null 2>said || { cat said >&2; exit 1; }
  read -r seconds kilobytes < <(tail -1 took)
  awk -v name="$name" -v rows="$rows" -v s="$seconds" -v kb="$kilobytes" -v said="$(tail -1 said)" \
    'BEGIN { printf "| %s | %d | %.1f s | %.0f a second | %.0f MB | %s |\n", name, rows, s, rows / s, kb * 1024 / 1e6, said }'
  if [ -n "${MOST:-}" ] && [ $((kilobytes * 1024)) -gt $((MOST * 1000000)) ]; then
    echo "error: $name of $rows rows took more than $MOST MB" >&2
    exit 1
  fi
}

echo '| command | rows | time | rate | peak memory | summary |'
echo '|-|-|-|-|-|-|'
for rows in "$@"; do
  awk -v n="$rows" 'BEGIN { print "license_key,customer,admin_seats"; for (i = 1; i <= n; i++) printf "LS-%07d,\"Example Company %d, Inc\",%d\n", i, i, i % 50 + 1 }' >rows.csv
  measure 'sign' "$rows" licseal sign -k vendor.key --batch rows.csv --from template.json -o licences.ndjson --force
  measure 'verify' "$rows" licseal verify -t vendor.key.pub --at 2026-07-01 --batch licences.ndjson
  [ "$rows" -gt "$1" ] || measure 'verify --json' "$rows" licseal verify -t vendor.key.pub --at 2026-07-01 --batch licences.ndjson --json
done
