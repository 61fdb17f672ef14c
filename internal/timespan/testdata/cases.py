#!/usr/bin/env python3
"""Writes cases.txt: 200 cases of calendar arithmetic, computed by dateutil.

    pip install python-dateutil && python3 cases.py > cases.txt

Each line has a date, a span, and the date that lies the span after it. The first cases
are chosen, the others are drawn with a fixed seed.
"""
import calendar
import datetime
import random
import re

from dateutil.relativedelta import relativedelta

CHOSEN = """
2026-01-31 1mo
2027-12-31 2mo
2028-01-31 1mo
2028-02-29 1y
2028-02-29 4y
2028-02-29 12mo
2096-02-29 4y
2026-02-28 1y
2027-02-28 1y
2028-02-28 1y
2026-03-31 1mo
2026-08-31 6mo
2027-08-31 6mo
2026-12-31 1mo
2026-12-31 2mo
2026-10-31 13mo
2026-01-30 1mo
2026-01-29 1mo
2028-01-29 1mo
2026-01-01 1y
2026-01-01 90d
2026-03-28 2w
2026-10-24 1w
2024-02-28 365d
2024-02-29 365d
2026-01-31 0d
2026-01-31 @month-end
2026-02-01 @month-end
2028-02-01 @month-end
2100-02-01 @month-end
2026-01-15 1y@month-end
2026-01-31 1mo@month-end
2028-02-29 1y@month-end
2027-02-28 1y@month-end
2026-12-15 1mo@month-end
2026-11-30 3mo@month-end
2026-01-31 1mo1d
2026-01-31 1mo1d@month-end
2028-02-29 1y1mo
2028-01-31 1y1mo1d
1999-12-31 100y
2000-02-29 100y
2026-01-31 1200mo
2026-01-01 36500d
9999-12-30 1d
9998-12-31 1y
9999-11-30 1mo@month-end
""".split("\n")[1:-1]


def after(day, span):
    text, month_end = re.subn("@month-end$", "", span)
    n = {unit: int(digits) for digits, unit in re.findall(r"(\d+)(y|mo|w|d)", text)}
    day += relativedelta(years=n.get("y", 0), months=n.get("mo", 0))
    day += relativedelta(weeks=n.get("w", 0), days=n.get("d", 0))
    if month_end:
        day += relativedelta(day=calendar.monthrange(day.year, day.month)[1])
    return day


def drawn(rng):
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=rng.randrange(200 * 365))
    if rng.random() < 0.5:  # the last days of a month are where the rules are
        day += relativedelta(day=31) - relativedelta(days=rng.randrange(3))
    span = "".join(
        f"{rng.randrange(1, most)}{unit}"
        for unit, most in (("y", 30), ("mo", 40), ("w", 60), ("d", 400))
        if rng.random() < 0.4
    )
    if not span or rng.random() < 0.2:
        span += "@month-end"
    return f"{day} {span}"


def main():
    rng = random.Random(1)
    cases = list(dict.fromkeys(CHOSEN))
    while len(cases) < 200:
        if (case := drawn(rng)) not in cases:
            cases.append(case)
    for case in cases:
        day, span = case.split()
        print(day, span, after(datetime.date.fromisoformat(day), span))


main()
