"""Narrowing a workflow: who sees it then, who may say so, and that what was published goes on."""

import asyncio

import pytest

from engine.graph import Document, Node, Trigger
from tests.workbench.accounts import Installation, acting_as
from workbench.auth.principal import Principal
from workbench.auth.roles import Role
from workbench.db import triggers
from workbench.errors import Forbidden, Invalid, NotFound
from workbench.services import runs, sharing, workflows
from workbench.services.shapes import RunDetail
from workbench.services.sharing import AccessChange
from workbench.services.triggers import firing, states

NARROW = AccessChange(narrowed=True)


@pytest.fixture
async def here(installation: Installation) -> str:
    return await installation.workspace()


@pytest.fixture
async def bob(installation: Installation, here: str) -> Principal:
    """A designer, who narrows."""
    return await member(installation, here, "Bob")


@pytest.fixture
async def eve(installation: Installation, here: str) -> Principal:
    """Another designer."""
    return await member(installation, here, "Eve")


async def member(installation: Installation, here: str, name: str) -> Principal:
    person = await installation.person(name)
    await installation.give(here, person, Role.DESIGNER)
    return acting_as(person, here, Role.DESIGNER)


async def made(principal: Principal, *nodes: Node, publish: bool = False, name: str = "Payroll") -> str:
    start = Node(id="start", type="input")
    document = Document(name=name, nodes=[start, *nodes], outputs={"paid": "yes"})
    workflow = await workflows.create_workflow(principal, document=document)
    if publish:
        await workflows.publish(principal, workflow.id)
    return workflow.id


def calling(workflow_id: str) -> Node:
    return Node(id="call", type="subworkflow", config={"workflow": workflow_id, "version": 1, "inputs": {}})


async def ended(principal: Principal, run_id: str) -> RunDetail:
    async with asyncio.timeout(30):
        while (run := await runs.get_run(principal, run_id)).status in ("queued", "running", "waiting"):
            await asyncio.sleep(0.05)
    return run


async def test_who_narrows_stays_in_and_others_are_out(bob: Principal, eve: Principal) -> None:
    payroll = await made(bob)
    access = await sharing.set_access(bob, payroll, NARROW)
    assert [one.id for one in access.open_to] == [bob.id]
    assert [flow.narrowed for flow in (await workflows.list_workflows(bob)).items] == [True]
    for refused in (workflows.get_workflow(eve, payroll), sharing.get_access(eve, payroll)):
        with pytest.raises(NotFound):
            await refused


async def test_it_is_open_to_the_people_of_a_group(
    installation: Installation, here: str, bob: Principal, eve: Principal
) -> None:
    finance = await installation.group(None, eve.id)
    await installation.give(here, finance, Role.VIEWER)
    payroll = await made(bob)
    change = AccessChange(narrowed=True, open_to=frozenset({finance}))
    assert {one.id for one in (await sharing.set_access(bob, payroll, change)).open_to} == {bob.id, finance}
    inside = acting_as(eve.id, here, Role.DESIGNER, groups=frozenset({finance}))
    assert (await workflows.get_workflow(inside, payroll)).narrowed


async def test_opened_again_it_is_there_for_everybody(bob: Principal, eve: Principal) -> None:
    payroll = await made(bob)
    await sharing.set_access(bob, payroll, NARROW)
    await sharing.set_access(bob, payroll, AccessChange(narrowed=False))
    assert not (await workflows.get_workflow(eve, payroll)).narrowed


async def test_a_stranger_cannot_be_let_in(installation: Installation, bob: Principal) -> None:
    stranger = await installation.person("Mallory")
    with pytest.raises(Invalid, match="of its workspace"):
        await sharing.set_access(
            bob, await made(bob), AccessChange(narrowed=True, open_to=frozenset({stranger}))
        )


async def test_reviewers_do_not_narrow(bob: Principal, here: str) -> None:
    payroll = await made(bob)
    with pytest.raises(Forbidden):
        await sharing.set_access(acting_as("rita", here, Role.REVIEWER), payroll, NARROW)


async def test_admins_see_what_is_narrowed(bob: Principal, here: str) -> None:
    payroll = await made(bob)
    await sharing.set_access(bob, payroll, NARROW)
    assert (await workflows.get_workflow(acting_as("boss", here, Role.ADMIN), payroll)).id == payroll


@pytest.mark.usefixtures("worker")
async def test_a_published_workflow_goes_on_calling_what_was_narrowed(bob: Principal, eve: Principal) -> None:
    payroll = await made(bob, publish=True)
    monthly = await made(bob, calling(payroll), publish=True, name="Monthly")
    await sharing.set_access(bob, payroll, NARROW)
    run = await runs.start_run(eve, workflow_id=monthly, inputs={}, version="live")
    assert (await ended(eve, run.id)).status == "succeeded"
    assert (await runs.list_runs(eve, parent_run_id=run.id)).items == ()  # whose run is not hers to see
    assert len((await runs.list_runs(bob, parent_run_id=run.id)).items) == 1


async def test_what_is_narrowed_cannot_be_called_anew_by_others(bob: Principal, eve: Principal) -> None:
    payroll = await made(bob, publish=True)
    await sharing.set_access(bob, payroll, NARROW)
    sneaky = await made(eve, calling(payroll), name="Sneaky")
    for refused in (
        workflows.publish(eve, sneaky),
        runs.start_run(eve, workflow_id=sneaky, inputs={}, version="draft"),
    ):
        with pytest.raises(Invalid):
            await refused


@pytest.mark.usefixtures("worker")
async def test_the_triggers_of_a_narrowed_workflow_go_on_firing(
    installation: Installation, bob: Principal
) -> None:
    workflow = await workflows.create_workflow(
        bob,
        document=Document.model_validate(
            {
                "name": "Hooked",
                "nodes": [{"id": "start", "type": "input"}],
                "triggers": [{"id": "hook", "type": "webhook", "config": {}}],
            }
        ),
    )
    await workflows.publish(bob, workflow.id)
    await sharing.set_access(bob, workflow.id, NARROW)
    async with installation.resources.transaction() as session:
        [row] = await triggers.of_workflow(session, workflow.id)
    run = await firing.fire(row, {}, key=None)
    assert (await ended(bob, run.id)).status == "succeeded"


async def test_who_only_looks_is_not_told_the_address_of_a_webhook(
    installation: Installation, here: str, bob: Principal
) -> None:
    hook = Trigger(id="hook", type="webhook")
    document = Document(name="Called", nodes=[Node(id="start", type="input")], triggers=[hook])
    workflow = await workflows.create_workflow(bob, document=document)
    await workflows.publish(bob, workflow.id)
    viewer = acting_as(await installation.person("Vera"), here, Role.VIEWER)
    assert (await states.get_trigger(bob, workflow.id, "hook")).address
    assert (await states.get_trigger(viewer, workflow.id, "hook")).address is None
