"""What happens to a task beside decisions and comments, kept with it: for its history and for who is told.

`record` writes in the transaction of what happened. Decisions and comments are their own records.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.db.ids import new_id, now
from workbench.db.tables import TaskEventRow, TaskRow

What = Literal[
    "claimed",
    "released",
    "refused",
    "undone",
    "stood-in",
    "comment-edited",
    "comment-deleted",
    "delivered",
    "undelivered",
]
"""`refused`: a decision that a rule was against; `undone`: one that its maker took back in time;
`stood-in`: somebody is asked in place of who is away; `delivered` and `undelivered`: what became of a
notification."""


async def record(
    session: AsyncSession,
    task: TaskRow | str,
    what: What,
    *,
    who: Principal | None = None,
    text: str = "",
    at: datetime | None = None,
) -> None:
    """Keep that something happened to a task, in the caller's transaction; nobody did what has no `who`."""
    session.add(
        TaskEventRow(
            id=new_id(),
            task_id=task if isinstance(task, str) else task.id,
            what=what,
            by=who.id if who else "",
            name=who.name if who else "",
            at=at or now(),
            text=text,
        )
    )
    await session.flush()
