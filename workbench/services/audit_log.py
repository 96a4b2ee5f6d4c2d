"""Reading the audit log: in pages, whole as a file, and whether anything in it was altered.

An admin reads what happened in their workspace, and when its people signed in; an administrator of the
installation reads everything.
"""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import audit as queries
from workbench.db.audit import Wanted as Wanted
from workbench.db.json_text import dump_text, text_of
from workbench.db.paging import page_size
from workbench.db.tables import AuditRow
from workbench.errors import Invalid
from workbench.services.access import requires
from workbench.services.audit import BEGINNING, Outcome, digest
from workbench.services.resources import get_resources
from workbench.services.shapes import Page, Shape

Format = Literal["ndjson", "csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


class Entry(Shape):
    """One entry. `impersonator` is the administrator who acted as the actor.

    `seen_in` are the workspaces of the person it is about, where it happened in none; an admin is told only
    of their own.
    """

    seq: int
    at: datetime
    actor_id: str | None
    actor_name: str
    impersonator: str | None
    workspace_id: str | None
    action: str
    target: str
    outcome: Outcome
    detail: dict[str, Any] | None
    address: str | None
    seen_in: tuple[str, ...]
    previous: str
    hash: str


class Verdict(Shape):
    """Whether the log is as it was written. `broken_at` is the first entry that is not, or follows a gap.

    Entries that were cut off at the end leave no gap: `head`, the newest entry's hash, kept elsewhere, shows.
    """

    entries: int
    intact: bool
    broken_at: int | None = None
    head: str


@requires(Action.AUDIT_READ)
async def list_entries(
    principal: Principal, wanted: Wanted, *, limit: int = 50, cursor: str | None = None
) -> Page[Entry]:
    """Return a page of entries, newest first. Raises Invalid for a cursor that no page gave out."""
    limit, before, mine = page_size(limit), _before(cursor), _readable(principal, wanted)
    rows = await get_resources().read(
        lambda session: queries.page(session, mine, before=before, limit=limit + 1)
    )
    items = tuple(_entry(principal, row) for row in rows[:limit])
    return Page(items=items, next_cursor=str(items[-1].seq) if len(rows) > limit else None)


@requires(Action.AUDIT_READ)
async def export(principal: Principal, wanted: Wanted, format: Format) -> AsyncIterator[str]:
    """Yield the entries, oldest first, as lines of JSON objects or of a CSV file with a head."""
    async with get_resources().transaction() as session:
        if format == "csv":
            yield _csv(list(Entry.model_fields))
        async for row in queries.oldest_first(session, _readable(principal, wanted)):
            yield _line(_entry(principal, row), format)


@requires(Action.USERS_MANAGE)
async def verify(principal: Principal) -> Verdict:
    """Read the whole log and say whether each entry follows from the one before."""
    count, before, broken_at = 0, BEGINNING, None
    async with get_resources().transaction() as session:
        async for row in queries.oldest_first(session, Wanted()):
            count += 1
            right = row.seq == count and row.previous == before and row.hash == digest(row)
            if not right and broken_at is None:
                broken_at = row.seq
            before = row.hash
    return Verdict(entries=count, intact=broken_at is None, broken_at=broken_at, head=before)


def _entry(principal: Principal, row: AuditRow) -> Entry:
    """Return an entry's shape, as this person may see it."""
    seen = [one for one in row.seen_in if principal.administrator or one == principal.workspace]
    return Entry.model_validate({**row.model_dump(), "seen_in": seen})


def _readable(principal: Principal, wanted: Wanted) -> Wanted:
    """Return what of `wanted` this person may read: others than administrators, their workspace's only."""
    own = wanted.workspace_id if principal.administrator else principal.workspace
    return Wanted(
        workspace_id=own,
        actor=text_of(wanted.actor),
        action=text_of(wanted.action),
        target=text_of(wanted.target),
        outcome=wanted.outcome,
        since=wanted.since,
        until=wanted.until,
    )


def _before(cursor: str | None) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.")
    return int(cursor)


def _line(one: Entry, format: Format) -> str:
    if format == "ndjson":
        return dump_text(one.model_dump(mode="json")) + "\n"
    values = one.model_dump(mode="json")
    return _csv([dump_text(one) if isinstance(one, dict | list) else one for one in values.values()])


def _csv(values: list[Any]) -> str:
    """Return one line. What a spreadsheet takes for a formula is made text: anybody may have written it."""
    line = io.StringIO()
    csv.writer(line).writerow(
        f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value for value in values
    )
    return line.getvalue()
