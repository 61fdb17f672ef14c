"""The strict reader of JSON texts (SPEC.md, sections 1 and 2) and the canonical form
(section 3). Module json would accept what must be refused."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, List, NoReturn, Optional, Tuple, Union

from ._refused import Refused

# The most levels of objects and arrays: in a payload, and in a value that is read only
# to be refused.
_MAX_DEPTH = 32
_MAX_OTHER_DEPTH = 10000
_MAX_INTEGER = 2**53 - 1

_SPACE = re.compile(rb"[ \t\r\n]*")
_DIGITS = re.compile(rb"[0-9]*")
_TEXT = re.compile(
    rb"(?:[\x20\x21\x23-\x5b\x5d-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]"
    rb"|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}"
    rb"|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*"
)
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?)0*([0-9]+))?")
_LITERALS: Dict[bytes, Tuple[bytes, Any]] = {b"t": (b"true", True), b"f": (b"false", False), b"n": (b"null", None)}
_ESCAPES = {b'"': '"', b"\\": "\\", b"/": "/", b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}
_HEX = b"0123456789abcdefABCDEF"
_HEX_UNIT = [b"\\", b"u", _HEX, _HEX, _HEX, _HEX]
_LOW_UNIT = [b"\\", b"u", b"dD", b"cdefCDEF", _HEX, _HEX]
_KEY_ID = re.compile(r"SHA256:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


def _sequence(data: bytes, at: int) -> int:
    """Returns 1 if a UTF-8 sequence begins at an offset, 0 if the text ends inside it, and
    -1 if there is none."""
    try:
        data[at : at + 4].decode()
    except UnicodeDecodeError as error:
        if error.start == 0:
            return 0 if error.reason == "unexpected end of data" else -1
    return 1


def _decimal(text: str) -> Tuple[str, str, int]:
    """Returns the sign, the digits without zeros at either end, and the exponent of a
    number: two numbers are equal exactly if these are."""
    match = _NUMBER.fullmatch(text)
    assert match
    sign, whole, fraction, exponent_sign, exponent = (group or "" for group in match.groups())
    digits = (whole + fraction).lstrip("0")
    kept = digits.rstrip("0")
    if not kept:
        return "", "", 0
    shift = int(exponent or "0") if len(exponent) <= 10 else 10**10
    return sign, kept, (-shift if exponent_sign == "-" else shift) + len(digits) - len(fraction)


def number_text(value: Union[int, float]) -> str:
    """Writes a number as ECMAScript does."""
    sign, digits, point = _decimal(repr(value))
    if not digits:
        return "0"
    if 0 < point <= 21:
        whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
        return f"{sign}{whole}.{fraction}" if fraction else sign + whole
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{point - 1:+d}"


def _number_fault(text: str) -> str:
    """Returns the class of a number that the canonical form would change."""
    value = float(text)
    if abs(value) > _MAX_INTEGER:
        return "number-range"
    return "" if _decimal(text) == _decimal(repr(value)) else "number-precision"


def quote(text: str) -> str:
    """Returns a text in quotes, cut to a useful length."""
    return ascii(text[:60])


class _Frame:
    """An object or array that is being read."""

    def __init__(self, value: Union[Dict[str, Any], List[Any]]):
        self.value = value
        self.name = ""


class Reader:
    """Reads a text once, from its start to its end, and raises the first fault."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0
        self.depth = 0

    def fault(self, code: str, detail: str, at: Optional[int] = None) -> NoReturn:
        before = self.data[: self.at if at is None else at]
        line = before.count(b"\n") + 1
        column = sum(byte & 0xC0 != 0x80 for byte in before[before.rfind(b"\n") + 1 :]) + 1
        raise Refused("parse", code, f"{line}:{column}: {detail}")

    def truncated(self) -> NoReturn:
        self.fault("truncated", "the text ends before the JSON value does", len(self.data))

    def unexpected(self, at: Optional[int] = None) -> NoReturn:
        """Refuses the byte at an offset, outside of strings."""
        at = self.at if at is None else at
        if at >= len(self.data):
            self.truncated()
        if _sequence(self.data, at) <= 0:
            self.fault("invalid-utf8", "this is not UTF-8", at)
        self.fault("syntax", "this is not JSON", at)

    def byte(self, at: Optional[int] = None) -> bytes:
        """Returns the byte at an offset, and nothing at the end of the text."""
        at = self.at if at is None else at
        return self.data[at : at + 1]

    def space(self) -> None:
        match = _SPACE.match(self.data, self.at)
        assert match
        self.at = match.end()

    def peek(self) -> bytes:
        """Returns the next byte that is not white space."""
        self.space()
        if self.at >= len(self.data):
            self.truncated()
        return self.byte()

    def string(self) -> str:
        self.at += 1
        parts = []
        while True:
            match = _TEXT.match(self.data, self.at)
            assert match
            parts.append(match.group().decode())
            self.at = match.end()
            c = self.byte()
            if c == b'"':
                self.at += 1
                return "".join(parts)
            if c == b"\\":
                parts.append(self.escape())
                continue
            length = _sequence(self.data, self.at) if c else 0
            if length == 0:
                self.truncated()
            if length < 0:
                self.fault("invalid-utf8", "this is not UTF-8")
            self.fault("syntax", "a control character in a string")

    def escape(self) -> str:
        at = self.at
        letter = self.byte(at + 1)
        if not letter:
            self.truncated()
        if letter != b"u":
            if letter not in _ESCAPES:
                self.fault("syntax", "not an escape of JSON")
            self.at += 2
            return _ESCAPES[letter]
        unit = self.unit(at, _HEX_UNIT)
        if unit is None:
            self.fault("syntax", "not an escape of JSON")
        self.at += 6
        if not 0xD800 <= unit <= 0xDFFF:
            return chr(unit)
        low = self.unit(self.at, _LOW_UNIT)
        if unit > 0xDBFF or low is None:
            self.fault("lone-surrogate", "half of a surrogate pair", at)
        self.at += 6
        return chr(0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF))

    def unit(self, at: int, pattern: List[bytes]) -> Optional[int]:
        """Reads the escape \\uXXXX at an offset, and returns None if there is another
        text. A text that ends inside the escape is refused."""
        for i, allowed in enumerate(pattern):
            c = self.byte(at + i)
            if not c:
                self.truncated()
            if c not in allowed:
                return None
        return int(self.data[at + 2 : at + 6], 16)

    def scalar(self, in_payload: bool) -> Any:
        """Reads a string, a number, true, false or null."""
        c = self.byte()
        if c == b'"':
            return self.string()
        if c == b"-" or c.isdigit():
            return self.number(in_payload)
        if c not in _LITERALS:
            self.unexpected()
        text, value = _LITERALS[c]
        for i in range(len(text)):
            if self.byte() != text[i : i + 1]:
                self.unexpected()
            self.at += 1
        return value

    def digits(self) -> None:
        match = _DIGITS.match(self.data, self.at)
        assert match
        if match.end() == self.at:
            self.unexpected()
        self.at = match.end()

    def number(self, in_payload: bool) -> Union[int, float]:
        start = self.at
        if self.byte() == b"-":
            self.at += 1
        if self.byte() == b"0":
            self.at += 1
        else:
            self.digits()
        if self.byte() == b".":
            self.at += 1
            self.digits()
        if self.byte() in (b"e", b"E"):
            self.at += 1
            if self.byte() in (b"-", b"+"):
                self.at += 1
            self.digits()
        text = self.data[start : self.at].decode()
        fault = _number_fault(text) if in_payload else ""
        if fault:
            self.fault(fault, f"{text[:60]} is not kept exactly; write it as a string", start)
        return float(text)

    def name(self, known: Dict[str, Any], tokens: bool) -> Tuple[str, int]:
        """Returns the name of a member and the offset of its first byte."""
        c, start = self.peek(), self.at
        if c != b'"':
            # A number or a literal is read first: the text may end inside it.
            if tokens and (c == b"-" or c.isdigit() or c in _LITERALS):
                self.scalar(False)
            self.unexpected(start)
        name = self.string()
        if name in known:
            self.fault("duplicate-name", f"member {quote(name)} is there twice", start)
        return name, start

    def colon(self) -> None:
        if self.peek() != b":":
            self.unexpected()
        self.at += 1

    def member(self, known: Dict[str, Any], tokens: bool) -> str:
        """Reads the name of a member and its colon."""
        name, _ = self.name(known, tokens)
        self.colon()
        return name

    def value(self, in_payload: bool) -> Any:
        """Reads one value of any kind. It has no recursion, because a text may be nested
        deeply."""
        stack: List[_Frame] = []
        while True:
            value = self.begin(stack, in_payload)
            if value is None:
                continue
            done = value[0]
            while stack:
                top = stack[-1]
                if isinstance(top.value, dict):
                    top.value[top.name] = done
                else:
                    top.value.append(done)
                c = self.peek()
                if c not in (b",", b"}" if isinstance(top.value, dict) else b"]"):
                    self.unexpected()
                self.at += 1
                if c == b",":
                    if isinstance(top.value, dict):
                        top.name = self.member(top.value, in_payload)
                    break
                done = stack.pop().value
            else:
                return done

    def begin(self, stack: List[_Frame], in_payload: bool) -> Optional[Tuple[Any]]:
        """Reads a whole scalar, or an empty object or array, and returns it in a tuple. It
        pushes any other object or array and returns None."""
        c = self.peek()
        if c not in (b"{", b"["):
            return (self.scalar(in_payload),)
        limit = _MAX_DEPTH if in_payload else _MAX_OTHER_DEPTH
        if self.depth + len(stack) >= limit:
            self.fault("too-deep" if in_payload else "syntax", f"nested deeper than {limit} levels")
        self.at += 1
        frame = _Frame({} if c == b"{" else [])
        if self.peek() == (b"}" if c == b"{" else b"]"):
            self.at += 1
            return (frame.value,)
        if isinstance(frame.value, dict):
            frame.name = self.member(frame.value, in_payload)
        stack.append(frame)
        return None

    def object(self, readers: Dict[str, Callable[[], Any]]) -> Dict[str, Any]:
        """Reads an object with exactly the members of readers, in any order."""
        self.open()
        start = self.at - 1
        found: Dict[str, Any] = {}
        self.depth += 1
        if self.peek() != b"}":
            while True:
                name, at = self.name(found, True)
                if name not in readers:
                    self.fault("unknown-member", f"unknown member {quote(name)}", at)
                self.colon()
                found[name] = readers[name]()
                c = self.peek()
                if c == b"}":
                    break
                if c != b",":
                    self.unexpected()
                self.at += 1
        self.at += 1
        self.depth -= 1
        for name in readers:
            if name not in found:
                self.fault("missing-member", f"member {quote(name)} is missing", start)
        return found

    def open(self) -> None:
        c, start = self.peek(), self.at
        if c == b"{":
            self.at += 1
            return
        self.value(False)
        self.fault("wrong-type", "an object is expected", start)

    def text(self) -> str:
        """Reads a string and returns it as it is written, with its escapes."""
        c, start = self.peek(), self.at
        self.value(False)
        if c != b'"':
            self.fault("wrong-type", "a string is expected", start)
        return self.data[start + 1 : self.at - 1].decode()

    def signature(self) -> str:
        self.space()
        start, digits = self.at, self.text()
        if not _SIGNATURE.fullmatch(digits):
            self.fault("signature-format", "a signature is 128 lower-case hex digits", start)
        return digits

    def key_id(self) -> str:
        self.space()
        start, text = self.at, self.text()
        if not is_key_id(text):
            self.fault("signature-format", "the fingerprint of a key is expected", start)
        return text

    def payload(self) -> str:
        self.open()
        self.at -= 1
        return _canonical(self.value(True))

    def version(self) -> str:
        """Returns how the version is written: "1" in quotes, or 1."""
        self.space()
        start, value = self.at, self.value(False)
        if value == "1":
            return '"1"'
        if self.data[start : self.at] != b"1":
            self.fault("version", 'the version must be "1"', start)
        return "1"

    def array(self, most: int, item: Callable[[], Any]) -> List[Any]:
        c, start = self.peek(), self.at
        if c != b"[":
            self.value(False)
            self.fault("wrong-type", "an array is expected", start)
        self.at += 1
        items: List[Any] = []
        if self.peek() != b"]":
            while True:
                if len(items) == most:
                    self.fault("too-large", f"more than {most} signatures")
                items.append(item())
                c = self.peek()
                if c == b"]":
                    break
                if c != b",":
                    self.unexpected()
                self.at += 1
                if self.peek() == b"]":
                    self.unexpected()
        self.at += 1
        return items


def _utf16(name: str) -> bytes:
    """Returns what names are sorted by."""
    return name.encode("utf-16-be")


def _canonical(value: Any) -> str:
    """Returns the canonical form (RFC 8785) of a value that a Reader has read."""
    if isinstance(value, dict):
        names = sorted(value, key=_utf16)
        return "{" + ",".join(f"{_canonical(name)}:{_canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, float):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)


def is_key_id(text: str) -> bool:
    """Reports whether a text is a fingerprint: SHA256: and 32 bytes in base64. The last
    of the 43 characters holds four bits."""
    return _KEY_ID.fullmatch(text) is not None


def to_bytes(text: Union[str, bytes], what: str) -> bytes:
    """Returns the bytes of a text. A string that is not Unicode has none."""
    if isinstance(text, (bytes, bytearray, memoryview)):
        return bytes(text)
    if not isinstance(text, str):
        raise TypeError(f"{what} must be a string or bytes")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Refused("parse", "invalid-utf8", f"{what} is not Unicode") from None


def read_document(data: bytes, member: str, max_bytes: int, integer_version: bool = False, many: bool = False) -> Dict[str, Any]:
    """Reads a signed document, {"MEMBER":{"payload":…}}, and returns its payload in
    canonical form and its signature, or if there are many, signatures."""
    too_large = Refused("parse", "too-large", f"1:1: more than {max_bytes} bytes")
    if len(data) > max_bytes:
        raise too_large
    reader = Reader(data)
    if data.startswith(b"\xef\xbb\xbf"):
        reader.fault("byte-order-mark", "the text starts with a byte order mark")
    reader.space()
    if reader.at == len(data):
        reader.fault("empty", "the text is empty", 0)

    one = {"key": reader.key_id, "signature": reader.signature}
    readers: Dict[str, Callable[[], Any]] = {"payload": reader.payload, "version": reader.version}
    if many:
        readers["signatures"] = lambda: reader.array(32, lambda: reader.object(one))
    else:
        readers["signature"] = reader.signature
    document: Dict[str, Any] = reader.object({member: lambda: reader.object(readers)})[member]
    reader.space()
    if reader.at < len(data):
        reader.fault("trailing-data", "more text follows the end of the JSON value")
    if document["version"] == "1" and not integer_version:
        reader.fault("version", 'the version must be the string "1"', 0)

    signed = json.dumps(document["signatures" if many else "signature"], separators=(",", ":"))
    size = len(f'{{"{member}":{{"payload":{document["payload"]},"signature{"s" if many else ""}":{signed},"version":{document["version"]}}}}}'.encode())
    if size > max_bytes:
        raise too_large
    return document
