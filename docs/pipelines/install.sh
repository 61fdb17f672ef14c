#!/usr/bin/env bash
# Installs the programs of a release of licseal, if it is the one that you trust:
#
#   install.sh --version v0.9.0 --from RELEASE --key 'ssh-ed25519 AAAA…' --to FOLDER
#
# RELEASE is the folder of the release, or its URL. The key is the public key that signs
# releases. Get it once, from where you trust, and keep it with your pipeline: never take
# it from the release. Nothing is unpacked before the signature of the checksums, and the
# checksum of the archive, are verified. Needs ssh-keygen (OpenSSH 8.1), tar and, for a
# URL, curl; for Windows, Git's bash.
set -euo pipefail

fail() { echo "install.sh: $*" >&2; exit 1; }

version= from= key= to=
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || fail "$1 needs a value"
  case $1 in
    --version) version=$2 ;;
    --from) from=${2%/} ;;
    --key) key=$2 ;;
    --to) to=$2 ;;
    *) fail "unknown flag $1" ;;
  esac
  shift 2
done
[ -n "$version" ] && [ -n "$from" ] && [ -n "$key" ] && [ -n "$to" ] || fail "--version, --from, --key and --to are required"
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "--version $version is not a version, such as v0.9.0"
[[ $key =~ ^(ssh-ed25519|ecdsa-sha2-nistp256|sk-ssh-ed25519@openssh.com|sk-ecdsa-sha2-nistp256@openssh.com)\ [A-Za-z0-9+/=]+(\ [^$'\n']*)?$ ]] ||
  fail "--key must be one public key in the format of OpenSSH, as in release.key.pub"

case $(uname -s) in
  Linux) os=linux ;;
  Darwin) os=darwin ;;
  MINGW* | MSYS* | CYGWIN*) os=windows ;;
  *) fail "there are no programs for $(uname -s)" ;;
esac
case $(uname -m) in
  x86_64 | amd64) arch=amd64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) fail "there are no programs for $(uname -m)" ;;
esac
name=licseal_${version#v}_${os}_$arch
case $os in windows) archive=$name.zip ;; *) archive=$name.tar.gz ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in SHA256SUMS SHA256SUMS.sig "$archive"; do
  case $from in
    http://* | https://*) curl -fsSL --retry 3 -o "$work/$file" "$from/$file" || fail "$from has no $file" ;;
    *) cp "$from/$file" "$work/$file" || fail "$from has no $file" ;;
  esac
done

printf 'release@licseal namespaces="licseal-release" %s\n' "$key" >"$work/signers"
ssh-keygen -Y verify -f "$work/signers" -I release@licseal -n licseal-release -s "$work/SHA256SUMS.sig" <"$work/SHA256SUMS" >/dev/null ||
  fail "the checksums are not signed with this key"
if command -v sha256sum >/dev/null; then
  sum=$(sha256sum <"$work/$archive")
else
  sum=$(shasum -a 256 <"$work/$archive")
fi
grep -Fxq "${sum%% *}  $archive" "$work/SHA256SUMS" || fail "$archive is not the file whose checksum is signed"

mkdir -p "$to"
case $os in
  windows)
    unzip -qo "$work/$archive" -d "$work"
    cp "$work/$name"/licseal*.exe "$to"
    ;;
  *)
    tar -xzf "$work/$archive" -C "$work"
    cp "$work/$name"/licseal "$work/$name"/licseald "$work/$name"/licseal-verify "$to"
    ;;
esac
echo "licseal $version: verified, and installed into $to"
