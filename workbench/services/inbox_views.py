"""The lists of the inbox that people keep under names: each their own, in a workspace."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import inbox as queries
from workbench.db.ids import new_id, now
from workbench.db.tables import InboxViewRow
from workbench.errors import Conflict, Invalid, NotFound
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape

LONGEST_NAME = 60
LONGEST_QUERY = 2_000
MOST = 100
"""Lists of one person in one workspace."""

NAMES = frozenset({"queue", "sort", "q", "workflow", "kind", "priority", "due", "assignee"})
"""What the address of a list can say."""


Query = Mapping[str, str] | str
"""What a list's address says, as names and values or as text."""


class InboxView(Shape):
    """A list that somebody keeps: its name, and what its address says, as `queue=mine&sort=due`."""

    id: str
    name: str
    query: str
    created_at: datetime


@requires(Action.TASKS_READ)
async def list_views(principal: Principal) -> tuple[InboxView, ...]:
    """Return the principal's own lists, by name."""
    rows = await get_resources().read(lambda session: queries.views(session, principal.id))
    return tuple(map(_view, rows))


@requires(Action.TASKS_READ)
async def keep(principal: Principal, *, name: str, query: Query) -> InboxView:
    """Keep a list under a name. Raises Conflict when one has the name, Invalid for what is no list."""
    row = InboxViewRow(
        id=new_id(),
        workspace_id=principal.workspace,
        user_id=principal.id,
        name=_name(name),
        query=_query(query),
        created_at=now(),
    )
    try:
        async with get_resources().transaction() as session:
            if len(await queries.views(session, principal.id)) >= MOST:
                raise Conflict(f"{MOST} lists are kept already; delete one first.")
            session.add(row)
    except IntegrityError as error:
        raise _taken(row.name) from error
    return _view(row)


@requires(Action.TASKS_READ)
async def change(
    principal: Principal,
    view_id: str,
    *,
    name: str | None = None,
    query: Query | None = None,
) -> InboxView:
    """Rename a list of one's own, or let it show something else. Raises NotFound, Conflict and Invalid."""
    try:
        async with get_resources().transaction() as session:
            row = await _own(session, principal, view_id)
            row.name = row.name if name is None else _name(name)
            row.query = row.query if query is None else _query(query)
            await session.flush()
            return _view(row)
    except IntegrityError as error:
        raise _taken(name or "") from error


@requires(Action.TASKS_READ)
async def delete(principal: Principal, view_id: str) -> None:
    """Keep a list no longer. Raises NotFound."""
    async with get_resources().transaction() as session:
        await session.delete(await _own(session, principal, view_id))


async def _own(session: AsyncSession, principal: Principal, view_id: str) -> InboxViewRow:
    row = await queries.view(session, principal.id, view_id.replace("\x00", ""))
    if row is None:
        raise NotFound(f"You keep no list {view_id[:64]!r}.")
    return row


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or "\x00" in name:
        raise Invalid(f"The name of a list has 1 to {LONGEST_NAME} characters.")
    return name


def _query(query: Query) -> str:
    """Return what a list's address says, in a settled order."""
    given = dict(parse_qsl(query)) if isinstance(query, str) else dict(query)
    if unknown := sorted(given.keys() - NAMES):
        raise Invalid(f"A list says nothing of {unknown[0][:40]!r}; it may name {', '.join(sorted(NAMES))}.")
    text = urlencode(sorted((name, value) for name, value in given.items() if value))
    if len(text) > LONGEST_QUERY or "%00" in text:
        raise Invalid(f"A list's filters take at most {LONGEST_QUERY} characters, without U+0000.")
    return text


def _taken(name: str) -> Conflict:
    return Conflict(f"You keep a list “{name}” already.")


def _view(row: InboxViewRow) -> InboxView:
    return InboxView.model_validate(row.model_dump(include=set(InboxView.model_fields)))
