"""Who may do what, and which rows are there for whom."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from engine.graph import Document
from tests.people import somebody
from workbench import services
from workbench.auth.principal import Principal
from workbench.auth.roles import EVERYTHING, GRANTS, INSTALLATION, MEANINGS, Action, Role, allowed
from workbench.db import scoping
from workbench.db.ids import now
from workbench.db.tables import SecretRow, Table, WorkflowAccessRow, WorkflowRow
from workbench.errors import Forbidden, NotFound
from workbench.services import runs, secrets, workflows
from workbench.services.access import acting
from workbench.services.resources import Resources

INNER = {
    # Called by services that have asked already, inside of their transaction.
    "workbench.services.runs.require",
    "workbench.services.workflows.require",
    "workbench.services.workflows.snapshot",
    "workbench.services.starts.store",
    "workbench.services.tasks.asked_and_open",
    "workbench.services.pauses.check",
    "workbench.services.pauses.raised",
    "workbench.services.task_trail.decided",
    "workbench.services.task_trail.refused",
    "workbench.services.task_trail.undone",
    "workbench.services.task_views.seen",
    "workbench.services.handing_on.handed_on",
    "workbench.services.my_accounts.proven",
    "workbench.services.my_accounts.read",
    "workbench.services.access.acting",
    "workbench.services.access.reach_of",
    "workbench.services.audit.record",
    "workbench.services.audit.refused",
    "workbench.services.audit.impersonated",
}

pytestmark = pytest.mark.usefixtures("resources")


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function of the services that takes a principal and that others may call."""
    for found in pkgutil.walk_packages(services.__path__, "workbench.services."):
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == found.name and not name.startswith("_")
            if own and "principal" in inspect.signature(function).parameters:
                yield f"{found.name}.{name}", function


def test_every_service_function_names_the_action_that_it_needs() -> None:
    functions = dict(public_functions())
    assert len(functions) > 40
    missing = [name for name, function in functions.items() if not hasattr(function, "required")]
    assert set(missing) <= INNER


def test_every_action_has_a_meaning_and_belongs_to_a_role_or_to_administrators() -> None:
    assert set(MEANINGS) == set(Action)
    assert frozenset().union(*GRANTS.values()) | INSTALLATION == EVERYTHING
    assert not GRANTS[Role.ADMIN] & INSTALLATION


async def test_a_role_that_does_not_allow_an_action_is_refused(principal: Principal) -> None:
    viewer = somebody(workspace=principal.workspace, actions=allowed(frozenset({Role.VIEWER})))
    with pytest.raises(Forbidden, match="for the role designer"):
        await workflows.create_workflow(viewer, document=Document(name="Mine"))


async def test_what_belongs_to_another_workspace_is_not_there(principal: Principal) -> None:
    theirs = await workflows.create_workflow(somebody("Eve"), document=Document(name="Hers"))
    with pytest.raises(NotFound):
        await workflows.get_workflow(principal, theirs.id)
    assert (await workflows.list_workflows(principal)).items == ()


async def test_members_of_one_workspace_share_what_is_in_it(principal: Principal) -> None:
    made = await workflows.create_workflow(principal, document=Document(name="Ours"))
    colleague = somebody("Bob", workspace=principal.workspace, actions=allowed(frozenset({Role.VIEWER})))
    assert (await workflows.get_workflow(colleague, made.id)).name == "Ours"


async def test_two_workspaces_may_use_one_name_for_their_secrets(
    principal: Principal, resources: Resources
) -> None:
    other = somebody()
    await secrets.put_secret(principal, name="TOKEN", value="ours")
    await secrets.put_secret(other, name="TOKEN", value="theirs")
    stored = secrets.StoredSecrets(resources, {})
    assert await stored.of(principal.workspace, "TOKEN") == "ours"
    assert await stored.of(other.workspace, "TOKEN") == "theirs"


async def test_a_narrowed_workflow_is_there_for_those_it_is_open_to(
    principal: Principal, resources: Resources
) -> None:
    made = await workflows.create_workflow(principal, document=Document(name="Payroll"))
    run = await runs.start_run(principal, workflow_id=made.id, inputs={})
    designer = allowed(frozenset({Role.DESIGNER}))
    inside = somebody("Bob", workspace=principal.workspace, actions=designer)
    outside = somebody("Eve", workspace=principal.workspace, actions=designer)
    async with resources.transaction() as session:
        await session.execute(text("UPDATE workflows SET narrowed = true WHERE id = :id"), {"id": made.id})
        session.add(WorkflowAccessRow(workflow_id=made.id, subject_id=inside.id))
    assert (await runs.get_run(inside, run.id)).id == run.id
    assert [item.id for item in (await workflows.list_workflows(inside)).items] == [made.id]
    assert (await workflows.list_workflows(outside)).items == ()
    assert (await runs.list_runs(outside)).items == ()
    for refused in (workflows.get_workflow(outside, made.id), runs.get_run(outside, run.id)):
        with pytest.raises(NotFound):
            await refused


async def test_no_row_can_be_put_into_another_workspace(principal: Principal, resources: Resources) -> None:
    row = SecretRow(
        workspace_id="another",
        name="X",
        sealed=b"",
        key_id="",
        updated_by="",
        created_at=now(),
        updated_at=now(),
    )
    with acting(principal), pytest.raises(scoping.Unscoped):
        async with resources.transaction() as session:
            session.add(row)


async def test_a_query_on_nobodys_behalf_is_a_defect(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoping, "_default", None)
    with pytest.raises(scoping.Unscoped):
        async with resources.transaction() as session:
            await session.execute(select(col(WorkflowRow.id)))


def test_every_table_with_a_workspace_is_filtered() -> None:
    own = {"channels"}  # a person's are in no workspace: `notifications.channels` finds them
    identity = {"memberships", "invitations", "provider_mappings", "audit_log"} | own
    owned = {name for name, table in Table.metadata.tables.items() if "workspace_id" in table.columns}
    assert owned - identity == {table.__tablename__ for table in scoping.IN_WORKSPACE}
