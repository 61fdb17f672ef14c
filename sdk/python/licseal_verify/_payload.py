"""Checks of the payloads of lists and trust documents."""

from __future__ import annotations

import re
from typing import Any, NoReturn, Sequence

from ._json import quote
from ._refused import Refused

_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def is_count(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


class Checker:
    """Refuses a payload that is not as it must be."""

    def __init__(self, reason: str, code: str):
        self.reason, self.code = reason, code

    def fail(self, what: str) -> NoReturn:
        raise Refused(self.reason, self.code, what)

    def need(self, holds: bool, what: str) -> None:
        if not holds:
            self.fail(what)

    def members(self, value: Any, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        """Requires an object with exactly some members, and perhaps others."""
        self.need(isinstance(value, dict), f"an object with {', '.join(required)} is expected")
        for name in required:
            self.need(name in value, f"member {name} is missing")
        for name in value:
            self.need(name in required or name in optional, f"unknown member {quote(name)}")
