#!/usr/bin/env bash
# What a register costs: signs a batch without one and with one, in turns, and prints the
# time, the processor time and the peak of memory of each, and the ratios; then how long it
# takes to list what expires, and to verify all. Needs GNU time (Debian: time).
#
#   peers/register.sh [ROWS]      (default: 1000000)
#
# It fails if memory is above what a register may take, 1.5 times as much. The times are
# printed: at most 1.3 times is the aim. They say little on a machine that does other things,
# where the two runs of a pair have other neighbours.
set -euo pipefail
cd "$(dirname "$0")/.."
rows=${1:-1000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/licseal" ./cmd/licseal
cd "$dir"
PATH=$dir:$PATH
licseal keygen -o vendor.key --no-passphrase >/dev/null 2>&1
echo '{"dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2199-12-31","product_subscription":"Konnect Enterprise","support_plan":"None"}' >template.json
awk -v n="$rows" 'BEGIN { print "license_key,customer,admin_seats"; for (i = 1; i <= n; i++) printf "LS-%07d,\"Example Company %d, Inc\",%d\n", i, i, i % 50 + 1 }' >rows.csv

# measure NAME COMMAND…: runs a command and adds what it took to the file NAME.
measure() {
  local name=$1
  shift
  command time -f '%e %U %S %M' -o took "$@" >/dev/null 2>said || { cat said >&2; exit 1; }
  tail -1 took | tee -a "$name" | awk -v name="$name" '{ printf "%-8s %7.2f s, processor %7.2f s, %4.0f MB\n", name, $1, $2 + $3, $4 * 1024 / 1e6 }'
}

for _ in 1 2; do
  measure without licseal sign -k vendor.key --batch rows.csv --from template.json -o licences.ndjson --force
  rm -rf issued
  licseal register new issued >/dev/null
  measure with licseal sign -k vendor.key --batch rows.csv --from template.json -o licences.ndjson --force --register issued
done
measure list licseal register list --register issued --expiring 60d
measure verify licseal register verify --register issued
paste -d ' ' without with | awk '
  { clock += $5 / $1; cpu += ($6 + $7) / ($2 + $3); memory += $8 / $4 }
  END {
    printf "with a register: %.2f x the time, %.2f x the processor time, %.2f x the memory\n", clock / NR, cpu / NR, memory / NR
    exit memory / NR > 1.5
  }'
