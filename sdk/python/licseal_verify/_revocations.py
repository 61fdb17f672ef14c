"""Revocation lists (SPEC.md, section 10)."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Any, Dict, Optional, Sequence, Union

from ._json import is_key_id, read_document, to_bytes
from ._keys import TrustedKey, is_graphic, signer_of
from ._payload import Checker, is_count, is_digest
from ._refused import Refused
from ._time import parse_whole_time

_MAX_BYTES = 32 * 1024 * 1024
_MAX_KEYS = 10_000
_MAX_INTEGER = 2**53 - 1
_REASON = "revocation-list"
_SALT = re.compile(r"[0-9a-f]{32}")
_check = Checker(_REASON, "revocations")


@dataclass(frozen=True)
class RevokedKey:
    reason: str
    since: Optional[int]  # None: from the beginning

    def refuses(self, instant: Optional[int]) -> bool:
        """Reports whether what the key signed at an instant is not trusted. None is an
        instant that cannot be read."""
        return self.since is None or instant is None or instant >= self.since


@dataclass(frozen=True)
class RevocationList:
    generation: int
    issued: int
    next_update: int
    salt: str
    licenses: Dict[str, str]  # reasons by hash
    keys: Dict[str, RevokedKey]  # by fingerprint
    payload: Dict[str, Any]
    digest: str
    signer: str

    def reason_of(self, license_id: str) -> Optional[str]:
        """Returns why a licence is revoked, and None if it is not."""
        text = f"licseal-revoked-license-v1\n{self.salt}\n{license_id}"
        return self.licenses.get(hashlib.sha256(text.encode()).hexdigest())

    def refuses_key(self, key_id: str, instant: Optional[int]) -> bool:
        return key_id in self.keys and self.keys[key_id].refuses(instant)


def _is_reason(value: Any) -> bool:
    return isinstance(value, str) and len(value.encode()) <= 200 and is_graphic(value)


def _time(value: Any) -> int:
    instant = parse_whole_time(value)
    if instant is None:
        _check.fail("a time such as 2027-12-31T12:00:00Z is expected")
    return instant


def _read_key(key_id: str, value: Any) -> RevokedKey:
    _check.members(value, ["reason"], ["from"])
    _check.need(is_key_id(key_id) and _is_reason(value["reason"]), "a revoked key has a fingerprint and a printable reason")
    return RevokedKey(value["reason"], _time(value["from"]) if "from" in value else None)


def read_list(payload: Any, digest: str, signer: str = "") -> RevocationList:
    """Checks the payload of a list."""
    _check.members(payload, ["generation", "issued", "keys", "licenses", "next_update", "salt"])
    licenses, keys, salt = payload["licenses"], payload["keys"], payload["salt"]
    _check.need(is_count(payload["generation"], _MAX_INTEGER), "generation must be an integer, 1 or greater")
    _check.need(isinstance(salt, str) and _SALT.fullmatch(salt) is not None, "salt must be 32 lower-case hex digits")
    _check.need(isinstance(licenses, dict), "licenses must be an object")
    for digest, reason in licenses.items():
        _check.need(is_digest(digest) and _is_reason(reason), "a revoked licence is a hash of 64 lower-case hex digits, and a printable reason")
    _check.need(isinstance(keys, dict) and len(keys) <= _MAX_KEYS, f"keys must be an object of at most {_MAX_KEYS}")
    read = {key_id: _read_key(key_id, value) for key_id, value in keys.items()}
    issued, due = _time(payload["issued"]), _time(payload["next_update"])
    found = RevocationList(payload["generation"], issued, due, salt, licenses, read, payload, digest, signer)
    _check.need(found.issued < found.next_update, "next_update must be later than issued")
    return found


def open_list(text: Union[str, bytes], keys: Sequence[TrustedKey]) -> RevocationList:
    """Reads a list and verifies its signature."""
    try:
        document = read_document(to_bytes(text, "the revocation list"), "revocations", _MAX_BYTES)
    except Refused as refused:
        raise Refused(_REASON, refused.code, f"the revocation list: {refused}") from None
    message = f"licseal-revocations-v1\n{document['payload']}".encode()
    found = read_list(json.loads(document["payload"]), hashlib.sha256(message).hexdigest())
    signer = signer_of(keys, message, document["signature"], found.issued)
    if not signer:
        raise Refused(_REASON, "forged", "no key that was trusted when the revocation list was issued has signed it")
    if found.refuses_key(signer.id, found.issued):
        raise Refused(_REASON, "signer-revoked", "the revocation list revokes the key that signed it")
    return replace(found, signer=signer.id)
