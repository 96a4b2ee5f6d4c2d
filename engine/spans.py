"""Spans of time in words: `2 days`, `8 working hours`."""

import re

from engine.contracts import Span

LONGEST_S = 366 * 86_400.0
"""A longer span is taken for a mistake."""

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 7 * 86_400.0}
_WORDS = re.compile(
    r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*(working\s+|business\s+)?"
    r"(s|sec|second|m|min|minute|h|hour|d|day|w|week)s?\s*",
    re.IGNORECASE,
)


def span(words: str) -> Span:
    """Return what `2 days`, `90 minutes` or `8 working hours` says; ValueError when it says no span.

    A working day is as long as the calendar's, a working week has as many of them as the calendar.
    """
    found = _WORDS.fullmatch(words)
    if found is None:
        raise ValueError("Must be a time such as 30 minutes, 2 days or 8 working hours")
    amount, working, unit = float(found[1]), bool(found[2]), found[3][0].lower()
    if amount * _UNITS[unit] > LONGEST_S:
        raise ValueError("Must be at most a year")
    if working and unit == "d":
        return Span(days=amount, working=True)
    if working and unit == "w":
        return Span(weeks=amount, working=True)
    return Span(seconds=amount * _UNITS[unit], working=working)
