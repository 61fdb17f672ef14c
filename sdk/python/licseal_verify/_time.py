"""Instants are whole numbers of nanoseconds since 1970: a datetime has microseconds
only, and no year 0."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Optional

SECOND = 1_000_000_000
DAY = 86_400 * SECOND

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([-+])([0-9]{2}):([0-9]{2}))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and year % 100 != 0 or year % 400 == 0


def instant_at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> Optional[int]:
    """Returns the instant of a day and a clock in UTC, and None if there is none."""
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1] + (month == 2 and _is_leap(year)):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    days += sum(_DAYS[: month - 1]) + (month > 2 and _is_leap(year)) + day - 719_163
    return ((days * 24 + hour) * 3600 + minute * 60 + second) * SECOND


def parse_time(text: str) -> Optional[int]:
    """Reads an RFC 3339 time, and returns None if the text is none."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    local = instant_at(*map(int, match.groups()[:6]))
    fraction, sign, hour, minute = match.groups()[6:]
    if local is None or int(hour or 0) > 23 or int(minute or 0) > 59:
        return None
    offset = (int(hour or 0) * 3600 + int(minute or 0) * 60) * SECOND
    return local + int((fraction or "").ljust(9, "0")) - (-offset if sign == "-" else offset)


def parse_date(text: str) -> Optional[int]:
    """Reads a date of a licence: a day, which means its first instant in UTC, or an
    RFC 3339 time. Returns None if the text is neither."""
    match = _DATE.fullmatch(text)
    return instant_at(*map(int, match.groups())) if match else parse_time(text)


def parse_whole_time(text: object) -> Optional[int]:
    """Reads a time of a list or of a trust document: in UTC, in seconds."""
    if not isinstance(text, str) or len(text) != 20 or text == "0001-01-01T00:00:00Z":
        return None
    return parse_time(text)


def of_datetime(time: datetime) -> int:
    """Returns the instant of a time, which must have a zone."""
    if time.tzinfo is None:
        raise ValueError("the time has no zone: datetime.now(timezone.utc) has one")
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000


def to_datetime(instant: int) -> datetime:
    """Returns an instant in whole microseconds, and the nearest that Python has for years
    before 1 and after 9999."""
    try:
        return _EPOCH + timedelta(microseconds=instant // 1000)
    except OverflowError:
        return (datetime.min if instant < 0 else datetime.max).replace(tzinfo=timezone.utc)


def format_exact(instant: int) -> str:
    """Writes an instant of the years 1 to 9999 as parse_time reads it."""
    return f"{to_datetime(instant).replace(microsecond=0, tzinfo=None).isoformat()}.{instant % SECOND:09d}Z"


def format(instant: int) -> str:
    """Writes an instant for people."""
    return to_datetime(instant).isoformat().replace("+00:00", "Z")
