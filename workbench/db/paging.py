"""Keyset pages: a cursor names the last row shown, so pages neither repeat nor skip while rows are added."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from workbench.errors import Invalid

MAX_LIMIT = 200

Position = tuple[datetime, str]
"""Where a page begins: the time and id of the last row shown."""

Named = tuple[str, str]
"""Where a page of a list by name begins: what the last row shown is sorted by, and its id."""

Rows = Sequence[Row[*tuple[Any, ...]]]
"""What a list's query gives: some columns of some rows."""


def page_size(limit: int) -> int:
    """Return `limit` within 1 and MAX_LIMIT."""
    return max(1, min(limit, MAX_LIMIT))


def encode_cursor(created_at: datetime, row_id: str) -> str:
    """Return the opaque cursor of the row at (`created_at`, `row_id`)."""
    return _encode(created_at.isoformat(), row_id)


def decode_cursor(cursor: str | None) -> Position | None:
    """Return what `encode_cursor` was given; None for no cursor. Raises Invalid for anything else."""
    if not cursor:
        return None
    created_at, row_id = _decode(cursor)
    try:
        instant = datetime.fromisoformat(created_at)
    except ValueError as error:
        raise _unknown() from error
    if instant.tzinfo is None:
        raise _unknown()
    return instant, row_id


def encode_named(sort: str, row_id: str) -> str:
    """Return the opaque cursor of a row in a list by name."""
    return _encode(sort, row_id)


def decode_named(cursor: str | None) -> Named | None:
    """Return what `encode_named` was given; None for no cursor. Raises Invalid for anything else."""
    return _decode(cursor) if cursor else None


def _encode(*parts: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, str]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        first, second = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        found = f"{first}{second}".encode()  # half a character is none
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise _unknown() from error
    if not isinstance(first, str) or not isinstance(second, str) or b"\x00" in found:
        raise _unknown()
    return first, second


def _unknown() -> Invalid:
    return Invalid("The cursor is not one that a list gave out; ask for the first page again.")
