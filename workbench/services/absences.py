"""Out of office: from when to when somebody is away, and who is asked in their place.

New tasks that name who is away are asked of the stand-in too, who decides under the same rules: who started a
run does not decide about it as somebody's stand-in either.
"""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import members, users
from workbench.db import task_pages as queries
from workbench.db.ids import now
from workbench.db.tables import AbsenceRow
from workbench.errors import Conflict, Invalid
from workbench.services import audit
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape


class Absence(Shape):
    """When somebody is away, and who stands in."""

    begins_at: datetime
    ends_at: datetime
    stand_in: str
    stand_in_name: str


class AbsenceChange(BaseModel):
    """From when to when one is away, and the id of who stands in: a member of the workspace."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "begins_at": "2026-12-21T00:00:00Z",
                    "ends_at": "2027-01-04T00:00:00Z",
                    "stand_in": "0199e3a5-0000-7000-8000-000000000000",
                }
            ]
        },
    )

    begins_at: AwareDatetime
    ends_at: AwareDatetime
    stand_in: str = Field(min_length=1, max_length=64)


@requires(Action.SELF)
async def mine(principal: Principal) -> Absence | None:
    """Return when one is, or will be, away; None also when that is over."""
    return await get_resources().read(lambda session: _read(session, principal.id))


@requires(Action.SELF)
async def leave(principal: Principal, change: AbsenceChange) -> Absence:
    """Say when one is away, in place of what was said before. Raises Invalid, Conflict without account."""
    if change.ends_at <= max(change.begins_at, now()):
        raise Invalid("An absence ends after it begins, and not in the past.")
    if change.stand_in == principal.id:
        raise Invalid("Nobody stands in for themselves.")
    async with get_resources().transaction() as session:
        if await users.get(session, principal.id) is None:
            raise Conflict("You act without an account of your own here, so nobody can stand in for you.")
        await _require_member(session, principal.workspace, change.stand_in)
        values = change.model_dump()
        statement = insert(AbsenceRow).values(user_id=principal.id, **values)
        await session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))
        detail = change.model_dump(mode="json")
        await audit.record(session, principal, "absence-set", target=f"user:{principal.id}", detail=detail)
        absence = await _read(session, principal.id)
    assert absence is not None
    return absence


@requires(Action.SELF)
async def come_back(principal: Principal) -> None:
    """Say that one is not away any more; tasks of meanwhile stay with those who were asked."""
    async with get_resources().transaction() as session:
        row = await queries.absence(session, principal.id)
        if row is not None:
            await session.delete(row)
            await audit.record(session, principal, "absence-ended", target=f"user:{principal.id}")


async def _require_member(session: AsyncSession, workspace: str, subject: str) -> None:
    rows = await members.page(session, workspace, limit=1, only=[subject])
    if not any(row.kind == members.PERSON and row.disabled_at is None for row in rows):
        raise Invalid("Who stands in has to be somebody of this workspace.")


async def _read(session: AsyncSession, user_id: str) -> Absence | None:
    row = await queries.absence(session, user_id)
    if row is None or row.ends_at <= now():
        return None
    names = {one.id: one.name for one in await queries.names(session, [row.stand_in])}
    return Absence(
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        stand_in=row.stand_in,
        stand_in_name=names.get(row.stand_in, row.stand_in),
    )
