#!/usr/bin/env bash
# A new user's first hour: an empty Debian, the packages of this commit, and then, as an
# ordinary user, the commands of the README and of each guide, from top to bottom. Whatever
# they need beside the packages of licseal is in "others", or a finding. Must run as root;
# takes some minutes. Not in .ci/run.
#
#   peers/debian.sh [SUITE [RELEASE]]     RELEASE is the folder of one that is built already
set -euo pipefail
cd "$(dirname "$0")"
suite=${1:-bookworm}
work=$(mktemp -d)
root=$work/root
clean() {
  for dir in proc dev; do umount "$root/$dir" 2>/dev/null || true; done
  rm -rf --one-file-system "$work"
}
trap clean EXIT

# What guides use of others, which the packages of licseal do not need.
others=(ca-certificates curl jq man-db openssh-client openssl python3)

release=${2:-$work/dist}
[ $# -gt 1 ] || go run ./release -untagged -only linux/amd64 -o "$release"
CGO_ENABLED=0 go build -o "$work/guide" ./guide
debootstrap --variant=minbase "$suite" "$root" >"$work/log" || { tail "$work/log"; exit 1; }
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
cp "$release"/*_amd64.deb "$work/guide" "$root/tmp/"
chmod 755 "$root/tmp/guide"
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
inside apt-get update -q >"$work/log"

echo "== installing the packages alone"
inside sh -c 'apt-get install -qy --no-install-recommends /tmp/licseal_*.deb /tmp/licseald_*.deb /tmp/licseal-verify_*.deb' >"$work/log" || { tail "$work/log"; exit 1; }
grep -A 9 'NEW packages' "$work/log" | sed '/^[^ T]/d'
inside useradd --create-home --shell /bin/bash user
user() { inside setpriv --reuid user --regid user --clear-groups env HOME=/home/user USER=user bash -c "cd; $1"; }
user 'licseal demo >/dev/null; licseal version | head -2; licseal-verify --version | head -1; licseald version | head -1'

echo "== the README and the guides, with ${others[*]}"
inside apt-get install -qy --no-install-recommends "${others[@]}" >"$work/log" || { tail "$work/log"; exit 1; }
user 'man -w licseal licseal-verify >/dev/null && man -w 8 licseald >/dev/null'
user 'cd /usr/share/doc/licseal && /tmp/guide README.md docs/rotation.md docs/trusted-keys.md docs/bulk.md docs/check.md docs/register.md docs/licseald.md docs/entitlements.md docs/licseal-verify.md'

echo "== removing them"
inside dpkg --purge licseal licseald licseal-verify
[ ! -e "$root/etc/licseald" ] && [ ! -e "$root/var/lib/licseald" ]
