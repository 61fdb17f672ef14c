"""The refusal of a licence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from . import License


class Refused(Exception):
    """Why a licence is refused.

    reason is a stable word of the order of judgement (SPEC.md, section 6), and code says
    in which way. license is what the licence says, if its signature is good and nobody
    took back the key.
    """

    def __init__(self, reason: str, code: str, message: str, license: Optional[License] = None):
        super().__init__(message)
        self.reason = reason
        self.code = code
        self.license = license
