#!/usr/bin/env bash
# Runs the Windows build of licseal under Wine: keys, licences, batches, a revocation list.
# Needs Wine for 64 bits (Debian: wine64, wine). Not shown by it: a console (colours,
# questions, Ctrl-Z), file systems without access control, and Windows itself.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'WINEPREFIX=$dir/prefix wineserver -k || true; rm -rf "$dir"' EXIT
GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go build -trimpath -ldflags=-s -tags urfave_cli_no_docs,nethttpomithttp2 -o "$dir/licseal.exe" ./cmd/licseal
(cd peers && go build -o "$dir/library" ./wine)
export WINEPREFIX=$dir/prefix WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml= HOME=$dir
wine wineboot --init >/dev/null 2>&1 || true # it also looks for the parts for 32 bits
wineserver -w
system=$WINEPREFIX/drive_c/windows/system32
[ -e "$system/bcryptprimitives.dll" ] || "$dir/library" "$system/bcryptprimitives.dll"
mkdir "$dir/session"
cd "$dir/session"

fail() { printf 'error: %s\n' "$*" >&2; cat said >&2; exit 1; }

# licseal ARGS…: runs it, with its output in the file said, as lines of Unix. Now and then
# Wine ends with 1 before a program has begun. It is started again then; licseal never
# fails without a word.
licseal() {
  local code
  for _ in 1 2 3; do
    code=0
    wine "$dir/licseal.exe" "$@" >bytes 2>&1 </dev/null || code=$?
    tr -d '\r' <bytes >said
    [ "$code" = 1 ] && [ ! -s said ] || break
  done
  return "$code"
}

# exits CODE ARGS…: it must end with this exit code.
exits() {
  local want=$1 code=0
  shift
  licseal "$@" || code=$?
  [ "$code" = "$want" ] || fail "licseal $* exits with $code, not $want"
}

# says TEXT: what it said must contain the text.
says() { grep -qF -- "$1" said || fail "no \"$1\" in"; }

echo '{"license_key":"LS-1","customer":"Acme","admin_seats":"5","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2099-12-31","product_subscription":"Konnect Enterprise","support_plan":"None"}' >payload.json

exits 0 keygen -o vendor.key --no-passphrase
grep -q 'can be read' said && fail "keygen warns:"
[[ $(stat -c %a vendor.key) == *0 ]] || fail "others can read vendor.key: $(stat -c %A vendor.key)"
[[ $(stat -c %a vendor.key.pub) == *4 ]] || fail "others cannot read vendor.key.pub: $(stat -c %A vendor.key.pub)"
exits 0 sign -k vendor.key -o m_p1.json payload.json
grep -q 'can be read' said && fail "sign warns:"
chmod 644 vendor.key
exits 0 sign -k vendor.key -o m_p0.json payload.json
says 'vendor.key can be read by others: icacls "vendor.key"'
chmod 600 vendor.key
rm m_p0.json
exits 0 sign -k vendor.key -o 'Z:'"${PWD//\//\\}"'\m_p2.json' payload.json # a drive, and backslashes
exits 0 sign -k vendor.key -o NUL payload.json
[ ! -e NUL ] || fail "-o NUL made a file"
exits 0 verify -t vendor.key.pub m_p2.json
says 'ok: m_p2.json'

# Patterns, which no shell of Windows expands.
mkdir -p east/a west
cp m_p1.json east/a/m_p3.json
cp m_p1.json west/m_p4.json
exits 0 verify -t vendor.key.pub --batch 'm_p*.json'
says '2 licences: 2 valid'
exits 0 verify -t vendor.key.pub --batch 'e*\*\m_p?.json' 'w*/*.json'
says 'east\a\m_p3.json'
says '2 licences: 2 valid'
exits 1 verify -t vendor.key.pub --batch 'none*.json'
says 'none*.json: no file matches the pattern'

# A table with the line ends of Windows, and a second run, which is to overwrite nothing.
printf 'license_key,customer,admin_seats\r\nLS-7,"Acme, Inc",5\r\nLS-8,Example,many\r\n' >rows.csv
exits 4 sign -k vendor.key --batch rows.csv --from payload.json -o licences.ndjson --rejects rejects.ndjson
says '2 rows: 1 signed, 1 rejected'
exits 0 verify -t vendor.key.pub --batch licences.ndjson
mkdir out
exits 4 sign -k vendor.key --batch rows.csv --from payload.json --out-dir '.\out' --out-name '{license_key}.json'
exits 0 verify -t vendor.key.pub --batch 'out'
exits 1 sign -k vendor.key -o m_p1.json payload.json
says 'm_p1.json: the file exists, and was kept'
exits 0 sign -k vendor.key -o m_p1.json --force payload.json

# A list, which is locked while it is changed.
exits 0 revoke new revoked.json -k vendor.key
exits 0 revoke add revoked.json -k vendor.key LS-1
exits 8 verify -t vendor.key.pub --revocations revoked.json m_p1.json
exits 0 state new seen.state
exits 8 verify -t vendor.key.pub --revocations revoked.json --state seen.state m_p1.json

# What is refused, and why.
sed 's/Acme/Acmf/' m_p1.json >forged.json
exits 5 verify -t vendor.key.pub forged.json
exits 1 verify -t vendor.key.pub 'no\such.json'
says 'no\such.json'
sed 's/$/\r/' m_p1.json >crlf.json # as an editor of Windows saves it
exits 0 verify -t vendor.key.pub crlf.json
exits 0 inspect crlf.json 'east\a\m_p3.json'
says 'east\a\m_p3.json:'
exits 0 check -t vendor.key.pub m_p1.json
exits 0 demo

left=$(find . -name '*.lock' -o -name '*.tmp' -o -name '*.part' -o -name '*.run')
[ -z "$left" ] || fail "files are left behind: $left"
echo "the Windows build passes under $(wine --version)"
