"""The audit log: chained, kept, filtered, exported."""

import csv
import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.graph import Document
from tests.people import member, somebody
from workbench.auth.principal import Principal
from workbench.auth.roles import Role, allowed
from workbench.db import audit as queries
from workbench.db.audit import Wanted
from workbench.db.ids import new_id, now
from workbench.db.tables import MembershipRow, WorkspaceRow
from workbench.errors import Forbidden, Invalid
from workbench.services import audit, audit_log, workflows
from workbench.services.resources import Resources

pytestmark = pytest.mark.usefixtures("resources")

EVERYTHING = Wanted()


async def note(resources: Resources, principal: Principal, action: str, **more: object) -> None:
    async with resources.transaction() as session:
        await audit.record(session, principal, action, **more)  # type: ignore[arg-type]


async def test_a_refused_attempt_is_in_the_log(principal: Principal) -> None:
    viewer = somebody("Vera", workspace=principal.workspace, actions=allowed(frozenset({Role.VIEWER})))
    with pytest.raises(Forbidden):
        await workflows.create_workflow(viewer, document=Document(name="Mine"))
    (found,) = (await audit_log.list_entries(principal, EVERYTHING)).items
    assert (found.actor_id, found.action, found.outcome) == (viewer.id, "workflows:write", "refused")
    assert found.detail == {"asked": "workflows.create_workflow"}


async def test_an_admin_reads_their_workspace_and_an_administrator_everything(
    principal: Principal, resources: Resources
) -> None:
    other = somebody("Eve")
    await note(resources, principal, "members:write", target="user:1")
    await note(resources, other, "members:write", target="user:2")
    asked = Wanted(workspace_id=other.workspace)
    assert {one.target for one in (await audit_log.list_entries(principal, asked)).items} == {"user:1"}
    root = somebody("Root", administrator=True)
    assert {one.target for one in (await audit_log.list_entries(root, asked)).items} == {"user:2"}


async def test_admins_see_when_the_people_of_their_workspace_sign_in_and_nobody_elses(
    resources: Resources,
) -> None:
    here, there, later = new_id(), new_id(), new_id()
    ada, eve = await member(resources, {here: Role.VIEWER}), await member(resources, {there: Role.VIEWER})
    for user in (ada, eve):
        async with resources.transaction() as session:
            await audit.record(session, None, "sign-in", target=f"user:{user.id}", about=user.id)
    await audit.refused(None, "sign-in", target=f"user:{ada.id}", about=ada.id)
    await audit.refused(None, "sign-in", about="")
    async with resources.transaction() as session:
        session.add(WorkspaceRow(id=later, name="Later", created_at=now()))
        await session.flush()
        session.add(MembershipRow(workspace_id=later, subject_id=ada.id, role="viewer", created_at=now()))
    asked = Wanted(action="sign-in")
    seen = (await audit_log.list_entries(somebody(workspace=here), asked)).items
    assert [(one.target, one.outcome, one.seen_in) for one in seen] == [
        (f"user:{ada.id}", "refused", (here,)),
        (f"user:{ada.id}", "done", (here,)),
    ]
    assert not (await audit_log.list_entries(somebody(workspace=later), asked)).items
    root = somebody("Root", administrator=True)
    of_here = await audit_log.list_entries(root, Wanted(workspace_id=here, action="sign-in"))
    assert [one.seq for one in of_here.items] == [one.seq for one in seen]


async def test_where_an_entry_is_seen_is_part_of_its_hash(resources: Resources) -> None:
    ada = await member(resources, {new_id(): Role.VIEWER})
    async with resources.transaction() as session:
        await audit.record(session, None, "sign-in", target=f"user:{ada.id}", about=ada.id)
    row = await resources.read(queries.last)
    assert row is not None
    assert audit.digest(row) == row.hash
    row.seen_in = []
    assert audit.digest(row) != row.hash


async def test_entries_are_filtered_and_paged(principal: Principal, resources: Resources) -> None:
    for number in range(5):
        await note(
            resources, principal, "keys:make" if number % 2 else "members:write", target=f"user:{number}"
        )
    page = await audit_log.list_entries(principal, Wanted(action="members"), limit=2)
    assert [one.target for one in page.items] == ["user:4", "user:2"]
    rest = await audit_log.list_entries(principal, Wanted(action="members"), limit=2, cursor=page.next_cursor)
    assert ([one.target for one in rest.items], rest.next_cursor) == (["user:0"], None)
    with pytest.raises(Invalid):
        await audit_log.list_entries(principal, EVERYTHING, cursor="1; DROP TABLE audit_log")


async def test_an_export_has_every_entry_and_no_formula(principal: Principal, resources: Resources) -> None:
    await note(resources, principal, "users:rename", target="=cmd()", detail={"name": "Ada"})
    lines = [line async for line in audit_log.export(principal, EVERYTHING, "csv")]
    head, entry = csv.reader(lines)
    assert dict(zip(head, entry, strict=True))["target"] == "'=cmd()"
    (line,) = [line async for line in audit_log.export(principal, EVERYTHING, "ndjson")]
    assert json.loads(line)["detail"] == {"name": "Ada"}


@pytest.mark.parametrize("change", ["UPDATE audit_log SET target = ''", "DELETE FROM audit_log"])
async def test_an_entry_is_neither_changed_nor_removed(
    principal: Principal, resources: Resources, change: str
) -> None:
    await note(resources, principal, "members:write")
    with pytest.raises(DBAPIError, match="is not changed"):
        async with resources.transaction() as session:
            await session.execute(text(change))


async def test_what_somebody_altered_behind_the_database_is_found(
    principal: Principal, resources: Resources
) -> None:
    await note(resources, principal, "members:write", target="user:1")
    (entry,) = (await audit_log.list_entries(principal, EVERYTHING)).items
    assert (await audit_log.verify(principal)).broken_at is None
    await tamper(resources, entry.seq, "user:2")
    assert (await audit_log.verify(principal)).broken_at == entry.seq
    await tamper(resources, entry.seq, "user:1")
    assert (await audit_log.verify(principal)).intact


async def tamper(resources: Resources, seq: int, target: str) -> None:
    async with resources.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(
            text("UPDATE audit_log SET target = :target WHERE seq = :seq"), {"target": target, "seq": seq}
        )
