"""What a reader remembers (SPEC.md, sections 10.3, 11.3 and 11.4): the latest time that it
has seen, the newest revocation list without its licences, and the chain of trust. A memory
is a JSON text, which the caller keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List, NoReturn, Optional, Sequence, Union

from ._json import is_key_id, to_bytes
from ._keys import TrustedKey
from ._payload import Checker, is_digest
from ._refused import Refused
from ._revocations import RevocationList, open_list, read_list
from ._time import DAY, format_exact, parse_time
from ._trust import OpenChain, open_chain

_check = Checker("memory", "memory")


@dataclass(frozen=True)
class Basis:
    """What licences are judged by, from advance.

    memory is what to remember: give it to advance the next time. refusal says why no
    licence is accepted. warnings are of what stops nothing: a chain that was refused, a
    list that is missing or issued ahead. generation is that of the chain of trust, 0 for
    trusted keys; list_generation that of the list remembered, 0 if there is none.
    """

    memory: str
    keys: Sequence[TrustedKey]
    generation: int
    list_generation: int
    warnings: Sequence[Refused]
    refusal: Optional[Refused]
    _list: Optional[RevocationList]
    _floor: Optional[int]


def _time(value: Any) -> Optional[int]:
    instant = parse_time(value) if isinstance(value, str) else None
    _check.need(value is None or instant is not None, "a time such as 2027-12-31T12:00:00Z is expected")
    return instant


def _read_list(value: Any) -> RevocationList:
    _check.members(value, ["digest", "payload", "signer"])
    digest, signer = value["digest"], value["signer"]
    _check.need(is_digest(digest) and isinstance(signer, str) and is_key_id(signer), "a digest or a fingerprint is malformed")
    return read_list(value["payload"], digest, signer)


class Memory:
    """A memory that was read, and what licences are judged by while it advances."""

    def __init__(self, text: Optional[str]):
        self.latest: Optional[int] = None
        self.list: Optional[RevocationList] = None  # the newest one seen
        self.not_before: Optional[int] = None
        self.trust: Optional[str] = None
        self.keys: Sequence[TrustedKey] = ()
        self.generation = 0
        self.given: Optional[RevocationList] = None
        self.warnings: List[Refused] = []
        self.refusal: Optional[Refused] = None
        if text is not None:
            try:
                self.read(json.loads(text))
            except (Refused, ValueError, RecursionError) as error:
                raise ValueError(f"the memory is damaged: {error}") from None

    def read(self, value: Any) -> None:
        """Reads a memory. Of the chain it reads nothing: that is verified again."""
        _check.members(value, ["version"], ["latest", "list", "not_before", "trust"])
        self.trust = value.get("trust")
        _check.need(value["version"] == "1" and (self.trust is None or isinstance(self.trust, str)), "it is of another version")
        self.latest, self.not_before = _time(value.get("latest")), _time(value.get("not_before"))
        if "list" in value:
            self.list = _read_list(value["list"])

    def write(self) -> str:
        value: Dict[str, Any] = {"version": "1"}
        if self.latest is not None:
            value["latest"] = format_exact(self.latest)
        if self.list:
            value["list"] = {"digest": self.list.digest, "payload": {**self.list.payload, "licenses": {}}, "signer": self.list.signer}
        if self.not_before is not None:
            value["not_before"] = format_exact(self.not_before)
        if self.trust is not None:
            value["trust"] = self.trust
        return json.dumps(value)

    def basis(self) -> Basis:
        list_generation = self.list.generation if self.list else 0
        return Basis(self.write(), self.keys, self.generation, list_generation, tuple(self.warnings), self.refusal, self.given, self.latest)

    def advance(self, keys: Sequence[TrustedKey], anchor: Optional[str], chain: Optional[bytes], revocations: Optional[bytes], now: int) -> None:
        """Reads what is given, in the order of SPEC.md, section 11.4: the chain, and then
        the list. Without an anchor, keys are trusted."""
        try:
            if anchor is not None:
                self.follow(anchor, chain)
            elif self.trust is not None:
                raise Refused("trust", "anchor", "a chain of trust was followed before, and keys from elsewhere do not take its place")
            else:
                self.keys = keys
            if not self.keys:
                raise Refused("trust", "no-keys", f"generation {self.generation} of the chain of trust trusts no key")
            self.observe(revocations, now)
        except Refused as refused:
            self.refusal = refused

    def follow(self, anchor: str, text: Optional[bytes]) -> None:
        """Follows a chain from what is remembered, which stays in force if it is refused."""
        known: Optional[OpenChain] = None
        if self.trust is not None:
            known = open_chain(to_bytes(self.trust, "the chain that was seen"), anchor, None)
        try:
            if text is not None:
                known = known.extend(text) if known else open_chain(text, anchor)
            elif not known:
                raise Refused("trust", "gap", "there is no chain of trust, and none is remembered")
        except Refused as refused:
            if not known:
                raise
            self.warnings.append(refused)
        assert known
        found = known.describe()
        self.keys, self.generation, self.trust = found.keys, found.generation, found.seen.decode()
        seen = self.list
        if seen and not any(key.id == seen.signer and key.trusts(seen.issued) for key in self.keys):
            self.list, self.not_before = None, known.newest.issued

    def observe(self, revocations: Optional[bytes], now: int) -> None:
        """Remembers the time, and a list unless that is None."""
        if revocations is not None:
            found = open_list(revocations, self.keys)
            self.check(found)
            self.given = found
            if now < found.issued - DAY:
                self.warnings.append(Refused("clock", "clock", "the clock is behind the revocation list, which is not remembered"))
                return
            self.list, self.not_before = found, None
        elif self.list:
            self.warnings.append(Refused("revocation-list", "missing", "a revocation list was seen before, and none is given: revocation is not checked"))
        self.latest = max(now, now if self.latest is None else self.latest, self.list.issued if self.list else now)

    def check(self, found: RevocationList) -> None:
        """Refuses a list that must not replace the newest one seen (section 10.3)."""
        seen = self.list
        if not seen:
            if self.not_before is not None and found.issued < self.not_before:
                _refuse("replayed", "the list was issued before the signer of an earlier one lost its trust")
            return
        if found.generation == seen.generation and found.digest == seen.digest:
            return
        if seen.refuses_key(found.signer, found.issued):
            _refuse("signer-revoked", "the key that signed the list is revoked by the newest list seen")
        if found.refuses_key(seen.signer, seen.issued) and found.issued >= seen.issued:
            return
        if found.generation < seen.generation:
            _refuse("replayed", f"the list has generation {found.generation}, and {seen.generation} was seen already")
        if found.generation == seen.generation:
            _refuse("forked", f"another list of generation {seen.generation} was seen already")
        if found.issued < seen.issued:
            _refuse("replayed", f"the list was issued before that of generation {seen.generation}")


def _refuse(code: str, detail: str) -> NoReturn:
    raise Refused("revocation-list", code, detail)


def optional_bytes(text: Union[str, bytes, None], what: str) -> Optional[bytes]:
    return None if text is None else to_bytes(text, what)
