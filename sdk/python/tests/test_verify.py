import json
from datetime import datetime, timedelta, timezone

import licseal_verify
import pytest
from licseal_verify import Refused, Roles, Trust, advance, parse_trusted_keys, verify_license
from vectors import issue, vectors

AT = "2026-07-01T12:00:00Z"
PAYLOAD = {"customer": "Example", "license_creation_date": "2026-01-01", "license_expiration_date": "2027-01-01"}
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"


def refusal(license, keys, **options):
    with pytest.raises(Refused) as caught:
        verify_license(license, keys, **options)
    return caught.value


@pytest.mark.parametrize(
    "options", [{"grace": -1}, {"at": "2026-07-01"}, {"at": datetime(2026, 7, 1)}, {"trust": Trust("0" * 64, "")}, {"revocation": ""}], ids=str
)
def test_options_that_are_refused(options):
    license, keys = issue(PAYLOAD)
    with pytest.raises((ValueError, TypeError)):
        verify_license(license, keys, **options)
    for pointer in ("key", "", "/a~2"):
        with pytest.raises(ValueError):
            Roles(id=pointer)


@pytest.mark.parametrize("keys", [[], "", "# nothing\n", None])
def test_without_keys_nothing_is_accepted(keys):
    with pytest.raises(ValueError):
        verify_license(issue(PAYLOAD)[0], keys, at=AT)


def test_a_licence_as_a_string_must_be_unicode():
    license, keys = issue(PAYLOAD)
    assert verify_license(license, keys, at=AT).state == "valid"
    assert refusal(license.replace("Example", "Example\ud800"), keys, at=AT).code == "invalid-utf8"


def test_a_refusal_carries_what_was_verified():
    license, keys = issue(PAYLOAD)
    expired = refusal(license, keys, at=datetime(2027, 1, 1, tzinfo=timezone.utc)).license
    assert (expired.payload, expired.state) == (PAYLOAD, "expired")
    assert verify_license(license, keys, at="2027-01-01T00:00:00Z", grace=timedelta(days=1)).state == "in grace"
    assert refusal(license.replace("2027", "2028"), keys, at=AT).license is None
    revoked = next(v for v in vectors("revocations") if v.name == "key-revoked")
    refused = refusal(revoked.get("license"), revoked.keys(), at=AT, revocations=revoked.file)
    assert (refused.code, refused.license) == ("key-revoked", None)


def test_the_size_of_a_licence():
    license, keys = issue(PAYLOAD)
    assert verify_license(license.ljust(65536), keys, at=AT).state == "valid"
    assert refusal(license.ljust(65537), keys, at=AT).code == "too-large"
    large, keys = issue({"a": [10**15] * 4500, **PAYLOAD})
    assert refusal(large.replace(str(10**15), "1e15"), keys, at=AT).code == "too-large"


def test_hostile_texts():
    license, keys = issue(PAYLOAD)
    assert refusal(license.replace('"signature":"', '"signature":' + "[" * 30000), keys, at=AT).code == "syntax"
    assert refusal(license.replace('"Example"', "1e" + "9" * 60000), keys, at=AT).code == "number-range"
    assert refusal(license.replace('"Example"', "9" * 60000), keys, at=AT).code == "number-range"


def test_the_clock_is_held_against_a_list(monkeypatch):
    v = next(v for v in vectors("revocations") if v.name == "accepted-empty")
    issued = int(datetime(2026, 6, 15, tzinfo=timezone.utc).timestamp())
    monkeypatch.setattr(licseal_verify._clock, "time_ns", lambda: (issued - 25 * 3600) * 10**9)
    assert refusal(v.get("license"), v.keys(), revocations=v.file).reason == "clock"
    monkeypatch.setattr(licseal_verify._clock, "time_ns", lambda: (issued - 23 * 3600) * 10**9)
    assert verify_license(v.get("license"), v.keys(), revocations=v.file).state == "valid"


def test_dates_beyond_the_calendar_of_python():
    license, keys = issue({**PAYLOAD, "license_creation_date": "0000-01-01", "license_expiration_date": "9999-12-31"})
    assert verify_license(license, keys, at=AT, grace=10**9).not_before.year == 1


@pytest.mark.parametrize(
    "file",
    [
        f"{ED25519}\nnonsense", f"{ED25519}\n{ED25519}", f"{ED25519} one {ED25519}", ED25519.replace("AAAAC3", "AAAAC4"),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",  # small order
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQE=", f"vendor cert-authority {ED25519}", f'vendor valid-after="20260101" {ED25519}',
        f'vendor valid-after="20270101Z",valid-before="20260101Z" {ED25519}', f'vendor unknown="x" {ED25519}', f'vendor namespaces="file" {ED25519}',
        f'vendor valid-before="20270101Z" {ED25519}\nvendor valid-after="20261231Z" {ED25519}', f"restrict {ED25519}",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA", b"\xff",
    ],
)  # fmt: skip
def test_files_of_trusted_keys_that_are_refused(file):
    with pytest.raises(ValueError):
        parse_trusted_keys(file)


@pytest.mark.parametrize(
    "file, principals",
    [
        (f"# comment\n\n  {ED25519} a name\r\n", ()),
        (f'vendor,*@vendor.example namespaces="file,lic*" {ED25519}', ("vendor", "*@vendor.example")),
        (f'"a b" valid-after="20260101Z",valid-before="20270101Z" {ED25519}\nx namespaces="git" ssh-rsa AAAAB3\n', ("a b",)),
    ],
)
def test_files_of_trusted_keys_that_are_read(file, principals):
    (key,) = parse_trusted_keys(file)
    assert (key.id, key.principals) == ("SHA256:fe85JkIjo8VPe+XqXJGH5Mau1EMFdK1OdKvJUFicyA8", principals)


CHAIN = next(v for v in vectors("trust") if v.name == "accepted-chain")
ANCHOR = CHAIN.get("anchor")


def test_a_memory_is_a_text_that_the_caller_keeps():
    license, keys = issue(PAYLOAD)
    first = advance(None, keys, now=AT)
    assert json.loads(first.memory) == {"version": "1", "latest": "2026-07-01T12:00:00.000000000Z"}
    assert verify_license(license, first, at=AT).state == "valid"
    behind = "2026-06-30T11:59:59Z"
    back = advance(first.memory, keys, now=behind)
    assert back.memory == first.memory
    assert refusal(license, back, at=behind).reason == "clock"
    for damaged in ("", "{}", "null", '{"version":"2"}', '{"version":"1","latest":1}', '{"version":"1","list":{}}', '{"version":"1","other":1}', '{"version":"1","trust":1}'):
        with pytest.raises(ValueError):
            advance(damaged, keys)


def test_a_chain_that_is_refused_leaves_what_is_remembered_in_force():
    first = advance(None, trust=Trust(ANCHOR, CHAIN.file), now=AT)
    forged = advance(first.memory, trust=Trust(ANCHOR, CHAIN.file.replace(b'"issued"', b'"Issued"')), now=AT)
    assert (forged.refusal, len(forged.warnings), forged.generation, forged.memory) == (None, 1, first.generation, first.memory)
    for given, code in (({"keys": ED25519}, "anchor"), ({"trust": Trust("0" * 64, CHAIN.file)}, "anchor")):
        refused = advance(first.memory, **given)
        assert (refusal("{}", refused).code, refused.memory) == (code, first.memory)
    assert refusal("{}", advance(None, trust=Trust(ANCHOR))).code == "gap"


def test_a_list_that_was_seen_before_and_is_missing_is_a_warning():
    v = next(v for v in vectors("revocations") if v.name == "accepted-empty")
    first = advance(None, v.keys(), revocations=v.file, now=AT)
    basis = advance(first.memory, v.keys(), now=AT)
    assert basis.list_generation == first.list_generation > 0
    assert (basis.refusal, [warning.code for warning in basis.warnings]) == (None, ["missing"])


def test_what_is_given_to_advance_is_given_once():
    license, keys = issue(PAYLOAD)
    basis, trust = advance(None, keys), Trust(ANCHOR, CHAIN.file)
    for options in ({"revocations": ""}, {"trust": trust}):
        with pytest.raises(ValueError):
            verify_license(license, basis, **options)
    for given in ({}, {"keys": keys, "trust": trust}, {"trust": Trust(ANCHOR, "", "")}, {"keys": keys, "now": "now"}):
        with pytest.raises(ValueError):
            advance(None, **given)
    with pytest.raises(ValueError):
        verify_license(license, None, trust=Trust(ANCHOR))
