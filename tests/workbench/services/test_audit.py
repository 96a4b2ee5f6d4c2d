"""The audit log: chained, kept, filtered, exported."""

import csv
import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.graph import Document
from tests.people import somebody
from workbench.auth.principal import Principal
from workbench.auth.roles import Role, allowed
from workbench.db.audit import Wanted
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
