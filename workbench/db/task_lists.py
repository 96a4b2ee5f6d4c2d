"""The lists of tasks: which, in which order, and how many. Each order has an index, and pages by its key."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, assert_never

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.base import columns_of
from workbench.db.paging import Named, Rows
from workbench.db.runs import family
from workbench.db.tables import GroupRow, TaskDecisionRow, TaskRow, TaskSeenRow, TaskSnoozeRow, UserRow

Queue = Literal["asked", "unread", "mine", "groups", "open", "others", "snoozed", "done"]
"""What asks me, and of that what I have not seen; where I am named; my groups', or anybody's; all that are
open; what I have decided and waits for others; what I have put away; what is decided.

What somebody has put away stands in none of the first four."""

Sort = Literal["newest", "due", "priority"]
"""The latest first; what is due first; the most urgent first, and of those what is due first."""

MOST_COUNTED = 1_000
"""Tasks that are done are counted no further: there is no end of them."""

MOST_NAMES = 50
"""People and groups whose name has a word that is searched for."""

NEVER: ColumnElement[datetime] = literal_column("'infinity'::timestamp with time zone")
_LARGE = ("data", "opening", "opened", "deliberation", "search")


@dataclass(frozen=True)
class Wanted:
    """Which tasks a list is to show, in which order, and for whom.

    `words` have to be found in a task, or in the names of people who have to do with it: `people` are the ids
    that each of the words stands for. `ids`: of these tasks only. `run_id`: of a run and those it called.
    """

    queue: Queue
    me: str
    groups: Collection[str]
    sort: Sort = "newest"
    workflow_id: str | None = None
    node_id: str | None = None
    kind: str | None = None
    priority: int | None = None
    due_before: datetime | None = None
    assignee: str | None = None
    words: Sequence[str] = ()
    people: Mapping[str, Collection[str]] = field(default_factory=dict)
    ids: Collection[str] | None = None
    run_id: str | None = None


async def page(session: AsyncSession, wanted: Wanted, *, limit: int, after: Named | None) -> Rows:
    """Return up to `limit` tasks as `task_shapes.summary` reads them; `after` is the key of the one before.

    Each row has its own key as `key`.
    """
    first, descending = _order(wanted)
    order = (*first, col(TaskRow.id))
    key = cast(first[-1], Text) if len(first) == 1 else cast(first[0], Text) + "|" + cast(first[1], Text)
    columns: tuple[Any, ...] = (col(TaskRow.id).label("id"), key.label("key"))
    found = select(*columns).where(*_conditions(wanted))
    if after is not None:
        here, place = tuple_(*order), tuple_(*_position(first, after))
        found = found.where(here < place if descending else here > place)
    sorted_by = [one.desc() if descending else one.asc() for one in order]
    # First which, then what they say: else the large values of all are read before the first are taken.
    which = found.order_by(*sorted_by).limit(limit).subquery()
    query = _listed(wanted).add_columns(which.c.key).join(which, which.c.id == col(TaskRow.id))
    return (await session.execute(query.order_by(*sorted_by))).all()


def _listed(wanted: Wanted) -> Select[Any]:
    """Select what a list shows of a task: of its large values only the small parts that are shown."""
    return select(
        *columns_of(TaskRow, without=_LARGE),
        col(TaskRow.opening)["choices"].label("choices"),
        func.left(col(TaskRow.opening)["context"].as_string(), 240).label("context"),
        col(TaskRow.deliberation)["revision"].as_integer().label("revision"),
        col(TaskRow.deliberation)[("verdicts", "-1")].label("last"),
        _seen(wanted.me).label("seen"),
    )


def _order(wanted: Wanted) -> tuple[tuple[Any, ...], bool]:
    """Return what a list is sorted by before the id, and whether the largest comes first."""
    due = func.coalesce(col(TaskRow.due_at), NEVER)
    match wanted.sort:
        case "newest":
            closed = func.coalesce(col(TaskRow.closed_at), NEVER)
            return (closed if wanted.queue == "done" else col(TaskRow.opened_at),), True
        case "due":
            return (due,), False
        case "priority":
            return (col(TaskRow.priority), due), False
        case _:
            assert_never(wanted.sort)


def _position(first: Sequence[Any], after: Named) -> tuple[Any, ...]:
    instant = DateTime(timezone=True)
    key, id_ = after
    if len(first) == 1:
        return cast(key, instant), id_
    priority, _, due = key.partition("|")
    return int(priority), cast(due, instant), id_


def _texts(values: Collection[str]) -> Any:
    return cast(sorted(values), ARRAY(Text))


def _seen(me: str) -> ColumnElement[bool]:
    mine = (col(TaskSeenRow.task_id) == col(TaskRow.id), col(TaskSeenRow.user_id) == me)
    return exists().where(*mine)


def _decided(me: Collection[str]) -> ColumnElement[bool]:
    return exists().where(
        col(TaskDecisionRow.task_id) == col(TaskRow.id),
        col(TaskDecisionRow.by).in_(me),
        col(TaskDecisionRow.status) != "refused",
    )


def _named(me: str) -> ColumnElement[bool]:
    return or_(col(TaskRow.assignees).op("&&")(_texts([me])), col(TaskRow.claimed_by) == me)


def _of_groups(groups: Collection[str]) -> ColumnElement[bool]:
    assignees = col(TaskRow.assignees)
    return or_(assignees.op("&&")(_texts(groups)), func.cardinality(assignees) == 0)


def _asked(me: str, groups: Collection[str]) -> ColumnElement[bool]:
    """Whether somebody is to decide: they are asked, have not decided, and nobody else has claimed it."""
    free = or_(col(TaskRow.claimed_by).is_(None), col(TaskRow.claimed_by) == me)
    return and_(or_(_named(me), _of_groups(groups)), free, ~_decided([me]), ~_asleep(me))


def _asleep(me: str) -> ColumnElement[bool]:
    mine = (col(TaskSnoozeRow.task_id) == col(TaskRow.id), col(TaskSnoozeRow.by) == me)
    return exists().where(*mine, col(TaskSnoozeRow.until) > func.now())


def in_queue(queue: Queue, me: str, groups: Collection[str]) -> list[ColumnElement[bool]]:
    """Return what the tasks of a queue have in common."""
    is_open = col(TaskRow.status) == "open"
    match queue:
        case "asked":
            return [is_open, _asked(me, groups)]
        case "unread":
            return [is_open, _asked(me, groups), ~_seen(me)]
        case "mine":
            return [is_open, _named(me), ~_decided([me]), ~_asleep(me)]
        case "groups":
            return [is_open, _of_groups(groups), ~_decided([me]), ~_asleep(me)]
        case "others":
            return [is_open, _decided([me])]
        case "snoozed":
            return [is_open, _asleep(me)]
        case "open":
            return [is_open]
        case "done":
            return [col(TaskRow.status) != "open"]
        case _:
            assert_never(queue)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = in_queue(wanted.queue, wanted.me, wanted.groups)
    for column, value in (
        (TaskRow.workflow_id, wanted.workflow_id),
        (TaskRow.node_id, wanted.node_id),
        (TaskRow.kind, wanted.kind),
        (TaskRow.priority, wanted.priority),
    ):
        if value is not None:
            found.append(col(column) == value)
    if wanted.due_before is not None:
        found.append(col(TaskRow.due_at) < wanted.due_before)
    if wanted.assignee is not None:
        found.append(_named(wanted.assignee))
    if wanted.run_id is not None:
        found.append(col(TaskRow.run_id).in_(family(wanted.run_id)))
    if wanted.ids is not None:
        found.append(col(TaskRow.id).in_(wanted.ids))
    return found + [_has(word, wanted.people.get(word, ())) for word in wanted.words]


def _has(word: str, people: Collection[str]) -> ColumnElement[bool]:
    """Whether a word is in what a task says, or in the name of somebody who has to do with it."""
    said = col(TaskRow.search).contains(word, autoescape=True)
    if not people:
        return said
    asked = col(TaskRow.assignees).op("&&")(_texts(people))
    return or_(said, asked, col(TaskRow.claimed_by).in_(people), _decided(people))


async def called(session: AsyncSession, words: Collection[str]) -> dict[str, list[str]]:
    """Return, for each of some lower-case words, the ids of people and groups that have it in their names."""
    if not words:
        return {}
    person = func.lower(col(UserRow.name) + " " + col(UserRow.email))
    group = func.lower(col(GroupRow.name))
    found: dict[str, list[str]] = {word: [] for word in words}
    for id_, text in ((UserRow.id, person), (GroupRow.id, group)):
        query = select(col(id_), text).where(or_(*(text.contains(word, autoescape=True) for word in words)))
        for subject, name in await session.execute(query.limit(MOST_NAMES)):
            for word in words:
                if word in name:
                    found[word].append(subject)
    return found


async def counts(session: AsyncSession, me: str, groups: Collection[str]) -> dict[Queue, int]:
    """Return how many tasks are in each queue; of those that are done at most MOST_COUNTED."""
    is_open = col(TaskRow.status) == "open"
    by_me = select(col(TaskDecisionRow.task_id)).where(
        col(TaskDecisionRow.by) == me, col(TaskDecisionRow.status) != "refused"
    )
    decided = by_me.distinct().subquery()
    seen = select(col(TaskSeenRow.task_id)).where(col(TaskSeenRow.user_id) == me).subquery()
    put_away = (col(TaskSnoozeRow.by) == me, col(TaskSnoozeRow.until) > func.now())
    asleep = select(col(TaskSnoozeRow.task_id)).where(*put_away).subquery()
    mine, theirs = _named(me), _of_groups(groups)
    free = or_(col(TaskRow.claimed_by).is_(None), col(TaskRow.claimed_by) == me)
    is_decided, is_seen = decided.c.task_id.is_not(None), seen.c.task_id.is_not(None)
    is_asleep = asleep.c.task_id.is_not(None)
    waits = and_(~is_decided, ~is_asleep)
    asked = and_(or_(mine, theirs), free, waits)
    parts: dict[Queue, ColumnElement[bool]] = {
        "asked": asked,
        "unread": and_(asked, ~is_seen),
        "mine": and_(mine, waits),
        "groups": and_(theirs, waits),
        "open": is_open,
        "others": is_decided,
        "snoozed": is_asleep,
    }
    query = (
        select(*(func.count(case((part, 1))) for part in parts.values()))
        .select_from(TaskRow)
        .outerjoin(decided, decided.c.task_id == col(TaskRow.id))
        .outerjoin(seen, seen.c.task_id == col(TaskRow.id))
        .outerjoin(asleep, asleep.c.task_id == col(TaskRow.id))
        .where(is_open)
    )
    found = dict(zip(parts, (await session.execute(query)).one(), strict=True))
    over = select(col(TaskRow.id)).where(col(TaskRow.status) != "open").limit(MOST_COUNTED).subquery()
    found["done"] = (await session.execute(select(func.count()).select_from(over))).scalar_one()
    return found


async def waiting(session: AsyncSession, me: str, groups: Collection[str]) -> int:
    """Return how many tasks ask somebody."""
    query = select(func.count()).select_from(TaskRow).where(*in_queue("asked", me, groups))
    return (await session.execute(query)).scalar_one()
