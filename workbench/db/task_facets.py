"""What the open tasks can be narrowed to."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import GroupRow, TaskRow, UserRow


@dataclass(frozen=True)
class Facets:
    """What open tasks can be narrowed to: workflows by id, kinds, and the ids of those who are asked."""

    workflows: dict[str, str]
    kinds: tuple[str, ...]
    assignees: dict[str, str]


async def facets(session: AsyncSession) -> Facets:
    """Return what the open tasks have, with the names of workflows, people and groups."""
    is_open = col(TaskRow.status) == "open"
    flows = select(col(TaskRow.workflow_id), func.max(col(TaskRow.workflow_name)), col(TaskRow.kind))
    rows = (
        await session.execute(flows.where(is_open).group_by(col(TaskRow.workflow_id), col(TaskRow.kind)))
    ).all()
    asked = select(func.unnest(col(TaskRow.assignees))).where(is_open).distinct()
    ids = list((await session.execute(asked)).scalars())
    names: dict[str, str] = {}
    for table in (UserRow, GroupRow) if ids else ():
        query = select(col(table.id), col(table.name)).where(col(table.id).in_(ids))
        names |= {row.id: row.name for row in await session.execute(query)}
    return Facets(
        workflows={id_: name for id_, name, _ in sorted(rows, key=lambda row: row[1]) if id_},
        kinds=tuple(sorted({kind for _, _, kind in rows})),
        assignees=dict(sorted(names.items(), key=lambda one: one[1])),
    )
