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

Rows = Sequence[Row[*tuple[Any, ...]]]
"""What a list's query gives: some columns of some rows."""


def page_size(limit: int) -> int:
    """Return `limit` within 1 and MAX_LIMIT."""
    return max(1, min(limit, MAX_LIMIT))


def encode_cursor(created_at: datetime, row_id: str) -> str:
    """Return the opaque cursor of the row at (`created_at`, `row_id`)."""
    text = json.dumps([created_at.isoformat(), row_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> Position | None:
    """Return what `encode_cursor` was given; None for no cursor. Raises Invalid for anything else."""
    if not cursor:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        created_at, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        instant = datetime.fromisoformat(created_at)
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.") from error
    if instant.tzinfo is None or not isinstance(row_id, str) or "\x00" in row_id:
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.")
    return instant, row_id
