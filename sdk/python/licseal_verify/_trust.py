"""Chains of trust (SPEC.md, section 11). What a reader remembers is the chain that it has
accepted, as text; it is verified again each time."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Any, Dict, List, NoReturn, Optional, Sequence, Tuple, Union

from ._json import read_document, to_bytes
from ._keys import TrustedKey, is_print, parse_wire
from ._payload import Checker, is_count, is_digest
from ._refused import Refused
from ._time import parse_whole_time

_MAX_BYTES = 64 * 1024
_MAX_CHAIN_BYTES = 8 * 1024 * 1024
_MAX_CHAIN_KEYS = 4096
_ISSUER = re.compile(r"""[!-~]{1,200}""")
_check = Checker("trust", "trust")

Cache = Dict[str, TrustedKey]


def _refuse(code: str, generation: int, detail: str) -> NoReturn:
    raise Refused("trust", code, f"generation {generation}: {detail}")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.encode()) <= 200 and is_print(value)


def _is_issuer(value: Any) -> bool:
    return isinstance(value, str) and _ISSUER.fullmatch(value) is not None and not set("\"',*?!#\\") & set(value)


def _time(value: Any) -> int:
    instant = parse_whole_time(value)
    if instant is None:
        _check.fail("a time such as 2027-12-31T12:00:00Z is expected")
    return instant


@dataclass(frozen=True)
class _Document:
    generation: int
    previous: str
    issued: int
    threshold: int
    roots: Tuple[TrustedKey, ...]
    keys: Tuple[TrustedKey, ...]
    message: bytes
    signatures: List[Dict[str, str]]
    data: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.message).hexdigest()


def _read_keys(values: Any, most: int, required: Sequence[str], optional: Sequence[str], cache: Cache) -> List[TrustedKey]:
    """Reads an array of keys, none of them twice. cache has the keys that were read: the
    documents of a chain repeat them."""
    _check.need(isinstance(values, list) and len(values) <= most, f"an array of at most {most} keys is expected")
    keys: Dict[str, TrustedKey] = {}
    for value in values:
        _check.members(value, required, optional)
        text = value["key"]
        _check.need(isinstance(text, str), "a key is a string")
        if text not in cache:
            try:
                cache[text] = parse_wire(text)
            except ValueError as error:
                _check.fail(str(error))
        key = cache[text]
        _check.need(key.id not in keys, f"the key {key.id} is there twice")
        _check.need("name" not in value or _is_name(value["name"]), "a name is one line of 1 to 200 bytes that print")
        keys[key.id] = replace(key, name=value.get("name", ""))
    return list(keys.values())


def _window(key: TrustedKey, value: Dict[str, Any]) -> TrustedKey:
    """Adds the issuers and the dates of a key."""
    after = _time(value["from"]) if "from" in value else None
    before = _time(value["before"]) if "before" in value else None
    _check.need(after is None or before is None or after < before, "before must be later than from")
    issuers = value["issuers"]
    _check.need(isinstance(issuers, list) and len(issuers) <= 16 and all(map(_is_issuer, issuers)), "issuers must be an array of at most 16 names")
    return replace(key, after=after, before=before, principals=tuple(issuers))


def _signer(signature: Dict[str, str]) -> str:
    return signature["key"]


def _read(data: bytes, cache: Cache) -> _Document:
    """Reads a document, whose signatures are not verified."""
    try:
        document = read_document(data, "trust", _MAX_BYTES, many=True)
    except Refused as refused:
        raise Refused("trust", refused.code, f"a document of the chain: {refused}") from None
    payload = json.loads(document["payload"])
    _check.members(payload, ["generation", "issued", "roots", "keys"], ["previous"])
    generation, previous = payload["generation"], payload.get("previous", "")
    _check.need(is_count(generation, 1000), "generation must be an integer from 1 to 1000")
    issued = _time(payload["issued"])
    _check.need("previous" not in payload if generation == 1 else is_digest(previous), "previous must be a digest, and absent in generation 1")
    _check.members(payload["roots"], ["keys", "threshold"])
    roots = _read_keys(payload["roots"]["keys"], 16, ["key"], ["name"], cache)
    threshold = payload["roots"]["threshold"]
    _check.need(is_count(threshold, len(roots)), "threshold must be an integer from 1 to the number of roots")
    keys = _read_keys(payload["keys"], 100, ["key", "issuers"], ["from", "before", "name"], cache)
    windows = tuple(_window(key, value) for key, value in zip(keys, payload["keys"]))
    message = f"licseal-trust-v1\n{document['payload']}".encode()
    signatures = sorted(document["signatures"], key=_signer)
    return _Document(generation, previous, issued, threshold, tuple(roots), windows, message, signatures, data)


class OpenChain:
    """What is known: the documents, and the role that each key has had."""

    def __init__(self, known: Optional[OpenChain] = None) -> None:
        self.documents: List[_Document] = list(known.documents) if known else []
        self.roles: Dict[str, str] = dict(known.roles) if known else {}

    @property
    def newest(self) -> _Document:
        return self.documents[-1]

    def describe(self) -> Chain:
        return Chain(self.newest.generation, self.newest.keys, b"".join(document.data + b"\n" for document in self.documents))

    def step(self, following: _Document) -> None:
        """Appends a document that follows the newest one."""
        known = self.documents[-1] if self.documents else None
        _check_order(known, following)
        self.check_roles(following)
        _check_signatures(known, following)
        self.documents.append(following)
        self.roles.update({key.id: "root" for key in following.roots})
        self.roles.update({key.id: "key" for key in following.keys})
        if len(self.roles) > _MAX_CHAIN_KEYS:
            _refuse("too-long", following.generation, f"more than {_MAX_CHAIN_KEYS} different keys")

    def check_roles(self, following: _Document) -> None:
        roots, keys = {key.id for key in following.roots}, {key.id for key in following.keys}
        if roots & keys or any(self.roles.get(id) == "key" for id in roots) or any(self.roles.get(id) == "root" for id in keys):
            _refuse("role", following.generation, "a key is, or was, both a root and a key for licences")

    def extend(self, text: bytes) -> OpenChain:
        """Follows a chain from what is known, and returns the longer one. It reads from
        the end, to the last document that is known."""
        known, cache = self.documents[-1].generation, {}  # type: int, Cache
        fresh: List[_Document] = []  # newest first
        for i, line in reversed(list(enumerate(_lines(text)))):
            document = _read(line, cache)
            generation = document.generation
            if fresh and generation >= fresh[-1].generation:
                _refuse("rollback", fresh[-1].generation, "it comes after a newer one")
            if generation > known:
                fresh.append(document)
                continue
            if self.documents[generation - 1].digest != document.digest:
                _refuse("fork", generation, "another document of this generation is known")
            if fresh and generation < known:
                _refuse("gap", fresh[-1].generation, "a generation is missing before it")
            if i >= generation:
                _refuse("rollback", generation, "too many documents come before it")
            break
        following = OpenChain(self)
        for document in reversed(fresh):
            following.step(document)
        return following


def _check_order(known: Optional[_Document], following: _Document) -> None:
    generation = following.generation
    if not known:
        if generation != 1:
            _refuse("gap", generation, "a chain begins with generation 1")
    elif generation == known.generation and following.digest != known.digest:
        _refuse("fork", generation, "another document of this generation is known")
    elif generation <= known.generation:
        _refuse("rollback", generation, "an older document after a newer one")
    elif generation > known.generation + 1:
        _refuse("gap", generation, "a generation is missing before it")
    elif following.previous != known.digest:
        _refuse("previous", generation, "it follows another document than the one known")
    elif following.issued <= known.issued:
        _refuse("issued", generation, "it was not issued after the one before")


def _check_signatures(known: Optional[_Document], following: _Document) -> None:
    documents = [known, following] if known else [following]
    roots = {key.id: key for document in documents for key in document.roots}
    signers = [one["key"] for one in following.signatures]
    for i, one in enumerate(following.signatures):
        if i > 0 and signers[i - 1] == one["key"]:
            _refuse("duplicate", following.generation, f"{one['key']} has signed twice")
        if one["key"] not in roots:
            _refuse("foreign", following.generation, f"{one['key']} has signed and is no root")
        if not roots[one["key"]].verifies(following.message, one["signature"]):
            _refuse("wrong", following.generation, f"the signature of {one['key']} is not good")
    for document in documents:
        signed = sum(root.id in signers for root in document.roots)
        if signed < document.threshold:
            _refuse("threshold", following.generation, f"{signed} of {document.threshold} roots have signed")


def _lines(data: bytes, max_bytes: Optional[int] = _MAX_CHAIN_BYTES) -> List[bytes]:
    """Splits a chain into its documents."""
    if max_bytes is not None and len(data) > max_bytes:
        raise Refused("trust", "too-long", f"a chain has at most {max_bytes} bytes")
    return (data[:-1] if data.endswith(b"\n") else data).split(b"\n")


def open_chain(data: bytes, anchor: str, max_bytes: Optional[int] = _MAX_CHAIN_BYTES) -> OpenChain:
    """Follows a chain from its anchor."""
    if not is_digest(anchor):
        raise ValueError("the digest of the first document of a chain is 64 lower-case hex digits, without SHA256:")
    chain, cache = OpenChain(), {}  # type: OpenChain, Cache
    for line in _lines(data, max_bytes):
        document = _read(line, cache)
        if not chain.documents and document.generation == 1 and document.digest != anchor:
            _refuse("anchor", 1, "the chain begins with another document than the anchor")
        chain.step(document)
    return chain


@dataclass(frozen=True)
class Chain:
    """A chain of trust that was followed: its newest generation, the keys that are
    trusted, and what to give as seen the next time."""

    generation: int
    keys: Tuple[TrustedKey, ...]
    seen: bytes


def follow_chain(chain: Union[str, bytes], anchor: str, seen: Optional[Union[str, bytes]] = None) -> Chain:
    """Follows a chain of trust from its anchor, a digest that comes with the program."""
    text = to_bytes(chain, "the chain of trust")
    if seen is None:
        return open_chain(text, anchor).describe()
    return open_chain(to_bytes(seen, "the chain that was seen"), anchor, None).extend(text).describe()
