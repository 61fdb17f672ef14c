#!/usr/bin/env bash
# Compares whole processes that each verify one signature of one file: licseal,
# openssl, minisign, signify and ssh-keygen, as far as they are installed (Debian:
# hyperfine openssl minisign signify-openbsd openssh-client).
#
#   peers/programs.sh [RUNS]
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-200}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
CGO_ENABLED=0 go build -o "$dir/licseal" ./cmd/licseal
CGO_ENABLED=0 go build -trimpath -ldflags=-s -gcflags=all=-l -o "$dir/licseal-verify" ./cmd/licseal-verify
cd "$dir"
names=() commands=()
# add NAME COMMAND: a command that must succeed, and fail once the payload is changed.
add() {
  sh -c "$2" >/dev/null 2>&1 || { echo "error: $1 does not verify" >&2; exit 1; }
  names+=("$1") commands+=("$2")
}
have() { command -v "$1" >/dev/null || { echo "$1 is not installed: left out" >&2; return 1; }; }

printf '%s' '{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"}' >payload.json
./licseal keygen -o vendor.key --no-passphrase >/dev/null 2>&1
./licseal sign -k vendor.key payload.json -o licence.json
add licseal './licseal verify -t vendor.key.pub --at 2026-07-01 licence.json'
add licseal-verify './licseal-verify -t vendor.key.pub --at 2026-07-01 licence.json'
add 'licseal version' './licseal version'
if have openssl; then
  openssl genpkey -algorithm ed25519 -out openssl.pem 2>/dev/null
  openssl pkey -in openssl.pem -pubout -out openssl.pub
  openssl pkeyutl -sign -inkey openssl.pem -rawin -in payload.json -out openssl.sig
  add 'openssl pkeyutl -verify' 'openssl pkeyutl -verify -pubin -inkey openssl.pub -rawin -in payload.json -sigfile openssl.sig'
fi
if have minisign; then
  minisign -G -W -f -p minisign.pub -s minisign.key >/dev/null
  minisign -S -s minisign.key -m payload.json >/dev/null </dev/null
  add 'minisign -V' 'minisign -V -p minisign.pub -m payload.json'
fi
if have signify-openbsd; then
  signify-openbsd -G -n -p signify.pub -s signify.sec
  signify-openbsd -S -s signify.sec -m payload.json -x signify.sig
  add 'signify -V' 'signify-openbsd -V -p signify.pub -m payload.json -x signify.sig'
fi
if have ssh-keygen; then
  ssh-keygen -q -t ed25519 -N '' -f ssh.key
  ssh-keygen -q -Y sign -f ssh.key -n licence payload.json 2>/dev/null
  echo "vendor $(cat ssh.key.pub)" >allowed
  add 'ssh-keygen -Y verify' 'sh -c "exec ssh-keygen -Y verify -f allowed -I vendor -n licence -s payload.json.sig <payload.json"' # the start of a shell more
fi
arguments=()
for i in "${!names[@]}"; do arguments+=(--command-name "${names[i]}" "${commands[i]}"); done
hyperfine --shell none --style none --warmup 20 --runs "$runs" --export-json result.json "${arguments[@]}" >/dev/null 2>&1
# Single runs differ by what else the machine does: the median, the shortest, and the time
# of the processor, which differs least.
jq -r 'def ms: . * 10000 | round / 10; (.results | sort_by(.user + .system)) as $r
  | "| program | median | shortest | processor |", "|-|-|-|-|",
    ($r[] | "| \(.command) | \(.median | ms) ms | \(.min | ms) ms | \(.user + .system | ms) ms |")' result.json
