"""Trusted keys: files of OpenSSH public keys, allowed_signers lines and PEM blocks
(SPEC.md, section 4.1), and the signatures that they verify (section 4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Dict, Iterable, List, Optional, Sequence, Tuple, Union

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ._json import to_bytes
from ._time import instant_at

_NAMESPACE = "licseal"
_MAX_BYTES = 256 * 1024
_ED25519 = "ssh-ed25519"
_P256 = "ecdsa-sha2-nistp256"
_SPKI = {
    _ED25519: bytes.fromhex("302a300506032b6570032100"),
    _P256: bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
}
_OPTION = r'[^=,"\s]+(?:="(?:\\"|[^"])*")?'
_TYPE = r"(?:ssh-|ecdsa-sha2-|sk-|rsa-sha2-|webauthn-)\S+"
_KEY_LINE = re.compile(rf"({_TYPE})[ \t]+(AAAA\S*)(?:[ \t]+(.*))?")
_SIGNER_LINE = re.compile(rf'("[^"]*"|[^"\s]+)[ \t]+(?:({_OPTION}(?:,{_OPTION})*)[ \t]+)?({_TYPE}[ \t]+AAAA.*)')
_NO_PRINCIPAL = re.compile(
    r"!?((no-)?(agent-forwarding|cert-authority|port-forwarding|pty|restrict|touch-required|user-rc|verify-required|x11-forwarding)|[ \t].*|.*[ \t]|)",
    re.IGNORECASE,
)
_SECOND_KEY = re.compile(r"(?:^|[ \t])(?:\S*\\n)?(?:ssh-|ecdsa-sha2-|sk-)\S*[ \t]+AAAA")
_TIMESTAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?)?Z", re.IGNORECASE)
_BEGIN = re.compile(r"-----BEGIN (.*)-----")

_HALF_P256_ORDER = 0x7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
_FIELD = 2**255 - 19
_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555

PublicKey = Union[ed25519.Ed25519PublicKey, ec.EllipticCurvePublicKey]


def is_print(text: str) -> bool:
    """Reports whether a text has only characters that print, and spaces."""
    return all(c == " " or unicodedata.category(c)[0] in "LMNPS" for c in text)


def is_graphic(text: str) -> bool:
    """Reports whether a text has only characters that print, and blanks of any width."""
    return all(unicodedata.category(c) == "Zs" or is_print(c) for c in text)


@dataclass(frozen=True)
class TrustedKey:
    """A public key that is trusted.

    id is the fingerprint that ssh-keygen -l prints; name is the comment of its line, or
    its principals, which say whom it signs for. after and before are nanoseconds since
    1970.
    """

    id: str
    public: PublicKey = field(repr=False, compare=False)
    name: str = ""
    principals: Tuple[str, ...] = ()
    after: Optional[int] = None
    before: Optional[int] = None

    def verifies(self, message: bytes, digits: str) -> bool:
        """Reports whether the key made a signature, 128 hex digits."""
        signature = bytes.fromhex(digits)
        try:
            if isinstance(self.public, ed25519.Ed25519PublicKey):
                if int.from_bytes(signature[32:], "little") >= _ED25519_ORDER:
                    return False
                self.public.verify(signature, message)
                return True
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            if s > _HALF_P256_ORDER:
                return False
            self.public.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
            return True
        except InvalidSignature:
            return False

    def trusts(self, instant: Optional[int]) -> bool:
        """Reports whether an instant is in the window of the key. None is an instant that
        cannot be read."""
        if self.after is None and self.before is None:
            return True
        if instant is None:
            return False
        return (self.after is None or instant >= self.after) and (self.before is None or instant < self.before)


def _is_sound(point: bytes) -> bool:
    """Reports whether 32 bytes are the one encoding of an Ed25519 point that proves
    something: under a point of small order, one signature can fit every message."""
    y = int.from_bytes(point, "little") & (2**255 - 1)
    y2 = y * y % _FIELD
    if y >= _FIELD or y * (y2 - 1) * (_D * y2 * y2 + 2 * y2 - 1) % _FIELD == 0:
        return False
    square = (y2 - 1) * (_D * y2 + 1) % _FIELD
    return pow(square, (_FIELD - 1) // 2, _FIELD) <= 1


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _new_key(key_type: str, point: bytes) -> TrustedKey:
    public: PublicKey
    try:
        if key_type == _ED25519:
            if len(point) != 32 or not _is_sound(point):
                raise ValueError
            public, parts = ed25519.Ed25519PublicKey.from_public_bytes(point), [point]
        else:
            if len(point) != 65 or point[0] != 4:
                raise ValueError
            public, parts = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point), [b"nistp256", point]
    except ValueError:
        raise ValueError("the key is damaged, or proves nothing") from None
    digest = hashlib.sha256(b"".join(map(_string, [key_type.encode(), *parts]))).digest()
    return TrustedKey("SHA256:" + base64.b64encode(digest).decode().rstrip("="), public)


def _unbase64(text: str) -> bytes:
    """Reads standard base64 with padding and nothing else."""
    try:
        data = base64.b64decode(text, validate=True)
        if base64.b64encode(data).decode() == text:
            return data
    except (binascii.Error, ValueError):
        pass
    raise ValueError("the key is not base64")


def parse_wire(text: str, expected: str = "") -> TrustedKey:
    """Parses a key in SSH's wire format, in base64."""
    wire, fields = _unbase64(text), []
    while wire:
        size = int.from_bytes(wire[:4], "big")
        if len(wire) < 4 + size:
            raise ValueError("the key is damaged")
        fields.append(wire[4 : 4 + size])
        wire = wire[4 + size :]
    key_type = fields[0].decode("latin-1") if fields else ""
    if key_type not in _SPKI or expected not in ("", key_type):
        raise ValueError(f"the key is damaged, or its type is neither {_ED25519} nor {_P256}")
    if len(fields) != (3 if key_type == _P256 else 2) or key_type == _P256 and fields[1] != b"nistp256":
        raise ValueError("the key is damaged")
    return _new_key(key_type, fields[-1])


def _parse_pem(label: str, body: str) -> TrustedKey:
    if label.endswith("PRIVATE KEY"):
        raise ValueError("a private key in a file of trusted keys: put its public key here")
    if label != "PUBLIC KEY":
        raise ValueError("expected a PEM block of type PUBLIC KEY")
    der = _unbase64(body)
    for key_type, prefix in _SPKI.items():
        if der.startswith(prefix):
            return _new_key(key_type, der[len(prefix) :])
    raise ValueError("the PEM block holds neither an Ed25519 key nor an ECDSA key on P-256")


def _matches(patterns: Iterable[str], name: str) -> bool:
    """Reports whether a list of OpenSSH's patterns allows a name."""
    allowed = False
    for pattern in patterns:
        glob = re.sub(r"[^*?]", lambda c: re.escape(c.group()), re.sub(r"\*+", "*", pattern[pattern.startswith("!") :]))
        if not re.fullmatch(glob.replace("*", ".*").replace("?", "."), name, re.DOTALL):
            continue
        if pattern.startswith("!"):
            return False
        allowed = True
    return allowed


def _is_pattern(pattern: str) -> bool:
    return len(pattern[pattern.startswith("!") :].encode()) <= 1022


def _timestamp(text: Optional[str]) -> Optional[int]:
    if text is None:
        return None
    match = _TIMESTAMP.fullmatch(text)
    instant = instant_at(*(int(part or 0) for part in match.groups())) if match else None
    if instant is None or instant <= 0:
        raise ValueError("a time is written YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ, in UTC and with the Z")
    return instant


def _options(text: str) -> Dict[str, str]:
    options: Dict[str, str] = {}
    for option in re.findall(_OPTION, text):
        name, equals, value = option.partition("=")
        name = name.lower()
        if not equals or name in options or name not in ("namespaces", "valid-after", "valid-before"):
            options["refused"] = name
        else:
            options[name] = value[1:-1].replace('\\"', '"')
    return options


def _parse_line(line: str) -> Optional[TrustedKey]:
    """Parses a line of a file. Returns None for a key of other namespaces."""
    if not is_graphic(line.replace("\t", " ")):
        raise ValueError("the line has a character that does not print")
    bare = _KEY_LINE.fullmatch(line)
    signer = None if bare else _SIGNER_LINE.fullmatch(line)
    if not bare and not signer:
        raise ValueError("expected a line such as ssh-ed25519 AAAA…, or PRINCIPALS [OPTIONS] TYPE KEY")
    options = _options(signer.group(2) or "") if signer else {}
    namespaces = options["namespaces"].split(",") if "namespaces" in options else []
    if namespaces and all(map(_is_pattern, namespaces)) and not _matches(namespaces, _NAMESPACE):
        return None
    principals = tuple(signer.group(1).replace('"', "").split(",")) if signer else ()
    if "refused" in options:
        raise ValueError("an option is unknown, without a value or given twice: expected namespaces, valid-after or valid-before")
    if not all(map(_is_pattern, [*principals, *namespaces])):
        raise ValueError("a pattern is too long")
    if any(map(_NO_PRINCIPAL.fullmatch, principals)):
        raise ValueError("this cannot be the name of an issuer")
    found = _KEY_LINE.fullmatch(signer.group(3)) if signer else bare
    assert found
    key_type, text, comment = found.group(1), found.group(2), found.group(3) or ""
    if _SECOND_KEY.search(comment):
        raise ValueError("two keys on this line: put each on a line of its own")
    after, before = _timestamp(options.get("valid-after")), _timestamp(options.get("valid-before"))
    if after is not None and before is not None and after >= before:
        raise ValueError("valid-before is not after valid-after")
    name = " ".join(re.split(r"[ \t]+", comment)) or ",".join(principals)
    return replace(parse_wire(text, key_type), name=name, principals=principals, after=after, before=before)


def _overlap(a: TrustedKey, b: TrustedKey) -> bool:
    def begins_before_end(one: TrustedKey, other: TrustedKey) -> bool:
        return one.after is None or other.before is None or one.after < other.before

    return a.id == b.id and begins_before_end(a, b) and begins_before_end(b, a)


def parse_trusted_keys(file: Union[str, bytes]) -> List[TrustedKey]:
    """Parses a file of trusted keys. ValueError refuses the whole file if it has anything
    that cannot be read, or no key for licences."""
    data = to_bytes(file, "the trusted keys")
    if len(data) > _MAX_BYTES:
        raise ValueError(f"trusted keys: more than {_MAX_BYTES} bytes")
    lines = [line.strip(" \t\r") for line in data.decode().split("\n")]
    keys: List[TrustedKey] = []
    i = 0
    while i < len(lines):
        start, line = i, lines[i]
        i += 1
        if not line or line.startswith("#"):
            continue
        try:
            begin = _BEGIN.fullmatch(line)
            if begin:
                end = f"-----END {begin.group(1)}-----"
                if end not in lines[i:]:
                    raise ValueError("the PEM block has no END line")
                key: Optional[TrustedKey] = _parse_pem(begin.group(1), "".join(lines[i : lines.index(end, i)]))
                i = lines.index(end, i) + 1
            else:
                key = _parse_line(line)
            if key and any(_overlap(key, other) for other in keys):
                raise ValueError("the key is there twice, for some of the same dates")
        except ValueError as error:
            raise ValueError(f"trusted keys, line {start + 1}: {error}") from None
        if key:
            keys.append(key)
    if not keys:
        raise ValueError("trusted keys: no key for licences in this file")
    return keys


def signer_of(keys: Sequence[TrustedKey], message: bytes, signature: str, instant: Optional[int]) -> Optional[TrustedKey]:
    """Returns the first key that made a signature and is trusted at an instant."""
    return next((key for key in keys if key.trusts(instant) and key.verifies(message, signature)), None)
