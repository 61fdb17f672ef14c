"""Verifies licences of the licseal format. SPEC.md defines every rule."""

from __future__ import annotations

import hashlib
import json
import re
import time as _clock
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Dict, Optional, Sequence, Tuple, Union

from ._json import number_text, read_document, to_bytes
from ._keys import TrustedKey, parse_trusted_keys, signer_of
from ._memory import Basis, Memory, optional_bytes
from ._refused import Refused
from ._revocations import RevocationList, open_list
from ._time import DAY, format, of_datetime, parse_date, parse_time, to_datetime
from ._trust import Chain, follow_chain

__all__ = ["Basis", "Chain", "License", "Refused", "Roles", "Trust", "TrustedKey", "advance", "follow_chain", "parse_trusted_keys", "verify_license"]

_MAX_BYTES = 64 * 1024
_CLOCK_SKEW = DAY
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*", re.DOTALL)
_INDEX = re.compile(r"0|[1-9][0-9]*")

Text = Union[str, bytes]


@dataclass(frozen=True)
class Roles:
    """JSON Pointers to members of the payload. grace is in days; "" is no grace."""

    id: str = "/license_key"
    not_before: str = "/license_creation_date"
    not_after: str = "/license_expiration_date"
    grace: str = ""

    def __post_init__(self) -> None:
        for role in fields(self):
            pointer = getattr(self, role.name)
            if not isinstance(pointer, str) or not _POINTER.fullmatch(pointer) or not pointer and role.name != "grace":
                raise ValueError(f"{role.name} must be a JSON Pointer, such as /license_key")


@dataclass(frozen=True)
class Trust:
    """A chain of trust, in place of trusted keys. anchor comes with the program; seen is
    what follow_chain returned before, so that no older chain is accepted. chain is None
    only for advance, and leaves what is remembered in force."""

    anchor: str
    chain: Optional[Text] = None
    seen: Optional[Text] = None


@dataclass(frozen=True)
class License:
    """A licence whose signature was verified. state is "valid" or "in grace" if it is
    accepted; in a refusal also "not yet valid", "expired", or "" for its dates."""

    payload: Dict[str, Any]
    digest: str
    key: TrustedKey
    time: datetime
    state: str
    not_before: Optional[datetime] = None
    not_after: Optional[datetime] = None
    grace_end: Optional[datetime] = None


@dataclass(frozen=True)
class _Period:
    not_before: int
    not_after: int
    grace_end: Optional[int]  # None if the grace that the licence grants cannot be read

    def state(self, at: int) -> str:
        if at < self.not_before:
            return "not yet valid"
        if at < self.not_after:
            return "valid"
        return "in grace" if self.grace_end is not None and at < self.grace_end else "expired"


class _DateFault(Exception):
    pass


def _field(payload: Any, pointer: str) -> Tuple[Any, bool]:
    """Returns the value at a JSON Pointer, and whether there is one."""
    value = payload
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and _INDEX.fullmatch(name) and len(name) < 10 and int(name) < len(value):
            value = value[int(name)]
        else:
            return None, False
    return value, True


def _date(payload: Any, pointer: str) -> int:
    value, _ = _field(payload, pointer)
    instant = parse_date(value) if isinstance(value, str) else None
    if instant is None:
        raise _DateFault(f"{pointer}: a date is missing, or is not a date")
    return instant


def _period(payload: Any, roles: Roles, grace: int) -> _Period:
    not_before, not_after = _date(payload, roles.not_before), _date(payload, roles.not_after)
    if not_after < not_before:
        raise _DateFault("the licence expires before it was created")
    days = _field(payload, roles.grace)[0] if roles.grace else 0
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 36500:
        return _Period(not_before, not_after, None)
    return _Period(not_before, not_after, not_after + max(grace, days * DAY) if not_before < not_after else not_after)


def _id(payload: Any, pointer: str) -> Optional[str]:
    """Returns the id of a licence: a string, or the text of a number."""
    value, _ = _field(payload, pointer)
    if isinstance(value, str):
        return value or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(value)
    return None


def _instant(at: Union[datetime, str, None]) -> int:
    if at is None:
        return _clock.time_ns()
    instant = of_datetime(at) if isinstance(at, datetime) else parse_time(at)
    if instant is None:
        raise ValueError("at must be a datetime, or an RFC 3339 time such as 2026-07-01T12:00:00Z")
    return instant


def _keys(trusted_keys: Union[Text, Sequence[TrustedKey], None], trust: Optional[Trust]) -> Sequence[TrustedKey]:
    if trust is not None:
        if trusted_keys:
            raise ValueError("trusted keys and a chain of trust are mutually exclusive")
        if trust.chain is None:
            raise ValueError("there is no chain of trust")
        chain = follow_chain(trust.chain, trust.anchor, trust.seen)
        if not chain.keys:
            raise Refused("trust", "no-keys", f"generation {chain.generation} of the chain of trust trusts no key")
        return chain.keys
    if not trusted_keys:
        raise ValueError("no trusted keys were given, so no signature can be verified")
    return parse_trusted_keys(trusted_keys) if isinstance(trusted_keys, (str, bytes)) else trusted_keys


@dataclass(frozen=True)
class _Passed:
    """What is known to have passed: floor is the latest instant remembered, and issued that
    of the list. None is not known."""

    now: int
    floor: Optional[int]
    issued: Optional[int]

    def check(self, license: Optional[License], created: Optional[int] = None) -> None:
        """Refuses a clock that is more than a day behind."""
        known = [instant for instant in (self.floor, self.issued, created) if instant is not None]
        if known and self.now < max(known) - _CLOCK_SKEW:
            raise Refused("clock", "clock", f"the clock is wrong, or was set back: {format(max(known))} has passed", license)


def _check_revoked(found: RevocationList, license: License, created: Optional[int], license_id: Optional[str], passed: _Passed) -> None:
    key_id = license.key.id
    is_key_revoked = found.refuses_key(key_id, created)
    if max(passed.now, passed.now if passed.floor is None else passed.floor) >= found.next_update:
        kept = None if is_key_revoked else license
        passed.check(kept)
        raise Refused("revocation-list", "stale", f"the revocation list was due to be replaced by {format(found.next_update)}", kept)
    if is_key_revoked:
        raise Refused("revoked", "key-revoked", f"the key that signed the licence, {key_id}, is revoked: {found.keys[key_id].reason}")
    if license_id is None:
        raise Refused("schema", "no-id", "the licence has no id to look up in the revocation list", license)
    reason = found.reason_of(license_id)
    if reason is not None:
        raise Refused("revoked", "revoked", f"the licence is revoked: {reason}", license)


def verify_license(
    text: Text,
    trusted_keys: Union[Text, Sequence[TrustedKey], Basis, None],
    *,
    at: Union[datetime, str, None] = None,
    grace: Union[timedelta, int] = 0,
    roles: Roles = Roles(),
    revocations: Optional[Text] = None,
    trust: Optional[Trust] = None,
) -> License:
    """Verifies a licence. Returns what it says if it is valid or in grace, and raises
    Refused if it is not. ValueError and TypeError are mistakes of the caller, such as keys
    that cannot be read."""
    grace_length = (grace if isinstance(grace, timedelta) else timedelta(seconds=grace)) // timedelta(microseconds=1) * 1000
    if grace_length < 0:
        raise ValueError("the grace is negative")
    now, floor = _instant(at), None
    if isinstance(trusted_keys, Basis):
        if revocations is not None or trust:
            raise ValueError("revocations and trust are given to advance")
        if trusted_keys.refusal:
            raise trusted_keys.refusal
        keys, found, floor = trusted_keys.keys, trusted_keys._list, trusted_keys._floor
    else:
        keys = _keys(trusted_keys, trust)
        found = None if revocations is None else open_list(revocations, keys)
    passed = _Passed(now, floor, found.issued if found and (at is None or floor is not None) else None)

    document = read_document(to_bytes(text, "the licence"), "license", _MAX_BYTES, integer_version=True)
    message: bytes = document["payload"].encode()
    payload = json.loads(message)
    period, fault = None, ""
    try:
        period = _period(payload, roles, grace_length)
    except _DateFault as error:
        fault = str(error)
    created = period.not_before if period else None
    key = signer_of(keys, message, document["signature"], created)
    if not key:
        raise Refused("signature", "signature", "no trusted key made this signature, or none that is trusted for licences of that date")
    if period and period.grace_end is None:
        fault = f"{roles.grace}: the days of grace must be a whole number from 0 to 36500"

    license = License(payload, hashlib.sha256(message).hexdigest(), key, to_datetime(now), "")
    if period and period.grace_end is not None:
        dates = map(to_datetime, (period.not_before, period.not_after, period.grace_end))
        license = License(payload, license.digest, key, license.time, period.state(now), *dates)
    if found:
        _check_revoked(found, license, None if fault else created, _id(payload, roles.id), passed)
    if fault:
        raise Refused("schema", "date", fault, license)
    passed.check(license, None if floor is None else created)
    assert period and period.grace_end is not None
    if license.state == "not yet valid":
        raise Refused("not-yet-valid", "not-yet-valid", f"not yet valid: valid from {format(period.not_before)}", license)
    if license.state == "expired":
        raise Refused("expired", "expired", f"expired at {format(period.grace_end)}", license)
    return license


def advance(
    memory: Optional[str],
    keys: Union[Text, Sequence[TrustedKey], None] = None,
    *,
    trust: Optional[Trust] = None,
    revocations: Optional[Text] = None,
    now: Union[datetime, str, None] = None,
) -> Basis:
    """Reads what a program is given to judge licences by, holds it against what the program
    remembers, and remembers it: so neither a clock that was set back, nor an older list, nor
    an older chain can undo what it has seen. memory is that of what this function returned
    before, None the first time; now is what the clock says. The result takes the place of
    keys in verify_license. ValueError and TypeError are mistakes of the caller."""
    known, chain = Memory(memory), None
    if trust:
        if keys or trust.seen is not None:
            raise ValueError("keys and a chain of trust are mutually exclusive, and the memory has what was seen")
        chain = optional_bytes(trust.chain, "the chain of trust")
    trusted = () if trust else _keys(keys, None)
    known.advance(trusted, trust.anchor if trust else None, chain, optional_bytes(revocations, "the revocation list"), _instant(now))
    return known.basis()
