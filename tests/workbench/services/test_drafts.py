"""Editing drafts: nothing is overwritten silently, and what was done can be taken back after a reload."""

import asyncio

import pytest

from engine.graph import Document, Edge, Node, Position
from workbench.auth.principal import Principal
from workbench.db import undo as log
from workbench.errors import Conflict, Invalid, StaleRevision
from workbench.services import drafts, pins, workflows
from workbench.services.operations import (
    Add,
    Batch,
    Configure,
    Connect,
    Describe,
    Move,
    Operation,
    Remove,
    Rename,
)
from workbench.services.shapes import WorkflowDetail

pytestmark = pytest.mark.usefixtures("resources")


@pytest.fixture
async def workflow(principal: Principal) -> WorkflowDetail:
    nodes = [Node(id="a", type="input"), Node(id="b", type="transform", config={"value": 1})]
    return await workflows.create_workflow(principal, document=Document(name="Draft", nodes=nodes))


async def test_an_edit_raises_the_revision_and_is_there_after_a_reload(
    principal: Principal, workflow: WorkflowDetail
) -> None:
    edge = Edge(source="a", target="b")
    edited = await drafts.apply(principal, workflow.id, operation=Connect(edge=edge), revision=1)
    assert (edited.revision, edited.document.edges, edited.can_undo) == (2, [edge], True)
    assert await workflows.get_workflow(principal, workflow.id) == edited


async def test_a_stale_edit_is_refused_with_both_revisions(
    principal: Principal, workflow: WorkflowDetail
) -> None:
    await drafts.apply(principal, workflow.id, operation=Describe(description="x"), revision=1)
    with pytest.raises(StaleRevision) as refusal:
        await drafts.apply(principal, workflow.id, operation=Describe(description="y"), revision=1)
    assert (refusal.value.based_on, refusal.value.current) == (1, 2)
    assert (await workflows.get_workflow(principal, workflow.id)).description == "x"


async def test_of_two_edits_at_once_one_wins_and_the_other_is_told(
    principal: Principal, workflow: WorkflowDetail
) -> None:
    async def describe(text: str) -> WorkflowDetail:
        return await drafts.apply(principal, workflow.id, operation=Describe(description=text), revision=1)

    found = await asyncio.gather(*(describe(str(number)) for number in range(8)), return_exceptions=True)
    won = [result for result in found if isinstance(result, WorkflowDetail)]
    assert len(won) == 1
    assert all(isinstance(result, StaleRevision) for result in found if result is not won[0])
    kept = await workflows.get_workflow(principal, workflow.id)
    assert (kept.revision, kept.description) == (2, won[0].description)


async def test_an_edit_that_does_not_apply_stores_nothing(
    principal: Principal, workflow: WorkflowDetail
) -> None:
    with pytest.raises(Invalid):
        await drafts.apply(principal, workflow.id, operation=Remove(nodes=("nobody",)), revision=1)
    assert await workflows.get_workflow(principal, workflow.id) == workflow


async def test_undo_and_redo_walk_the_whole_history(principal: Principal, workflow: WorkflowDetail) -> None:
    history: list[Operation] = [
        Add(nodes=(Node(id="c", type="note"),)),
        Connect(edge=Edge(source="a", target="b")),
        Remove(nodes=("a",)),
        Move(positions={"b": Position(x=40, y=8)}),
    ]
    states = [workflow.document]
    for revision, operation in enumerate(history, start=1):
        edited = await drafts.apply(principal, workflow.id, operation=operation, revision=revision)
        states.append(edited.document)

    for document in reversed(states[:-1]):
        undone = await drafts.undo(principal, workflow.id)
        assert undone.document == document
    assert (undone.can_undo, undone.can_redo) == (False, True)
    with pytest.raises(Conflict):
        await drafts.undo(principal, workflow.id)

    for document in states[1:]:
        redone = await drafts.redo(principal, workflow.id)
        assert redone.document == document
    assert (redone.can_undo, redone.can_redo) == (True, False)
    with pytest.raises(Conflict):
        await drafts.redo(principal, workflow.id)


async def test_a_new_edit_forgets_what_was_undone(principal: Principal, workflow: WorkflowDetail) -> None:
    await drafts.apply(principal, workflow.id, operation=Describe(description="one"), revision=1)
    undone = await drafts.undo(principal, workflow.id)
    edited = await drafts.apply(
        principal, workflow.id, operation=Describe(description="two"), revision=undone.revision
    )
    assert (edited.can_undo, edited.can_redo) == (True, False)
    with pytest.raises(Conflict):
        await drafts.redo(principal, workflow.id)


async def test_replacing_the_draft_can_be_undone(principal: Principal, workflow: WorkflowDetail) -> None:
    other = Document(name="Other")
    await workflows.replace_draft(principal, workflow.id, document=other, revision=1)
    assert (await drafts.undo(principal, workflow.id)).document == workflow.document


async def test_typing_into_one_setting_is_one_step_to_undo(
    principal: Principal, workflow: WorkflowDetail
) -> None:
    for revision, text in enumerate(("H", "He", "Hel"), start=1):
        typed = Configure(id="b", config={"value": text})
        await drafts.apply(principal, workflow.id, operation=typed, revision=revision)
    undone = await drafts.undo(principal, workflow.id)
    assert (undone.document, undone.can_undo) == (workflow.document, False)
    assert (await drafts.redo(principal, workflow.id)).document.nodes[1].config == {"value": "Hel"}


async def test_different_settings_are_different_steps(principal: Principal, workflow: WorkflowDetail) -> None:
    await drafts.apply(principal, workflow.id, operation=Configure(id="b", title="B"), revision=1)
    await drafts.apply(principal, workflow.id, operation=Configure(id="b", config={"value": 2}), revision=2)
    undone = await drafts.undo(principal, workflow.id)
    assert (undone.document.nodes[1].title, undone.document.nodes[1].config) == ("B", {"value": 1})


async def test_the_undo_log_is_bounded(
    principal: Principal, workflow: WorkflowDetail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MAX_STEPS", 3)
    for revision in range(1, 7):
        described = Describe(description=str(revision))
        await drafts.apply(principal, workflow.id, operation=described, revision=revision)
    for description in ("5", "4", "3"):
        assert (await drafts.undo(principal, workflow.id)).description == description
    with pytest.raises(Conflict):
        await drafts.undo(principal, workflow.id)


async def pinned(principal: Principal, workflow_id: str) -> dict[str, str]:
    return {pin.node_id: pin.preview for pin in await pins.list_pins(principal, workflow_id)}


@pytest.mark.parametrize("many", [False, True])
async def test_a_pin_follows_its_node_to_another_id_and_back(
    principal: Principal, workflow: WorkflowDetail, many: bool
) -> None:
    await pins.pin_value(principal, workflow.id, "b", value=7)
    rename = Rename(id="b", new_id="c")
    operation = Batch(operations=(Rename(id="a", new_id="b2"), rename)) if many else rename
    await drafts.apply(principal, workflow.id, operation=operation, revision=1)
    assert await pinned(principal, workflow.id) == {"c": "7"}
    await drafts.undo(principal, workflow.id)
    assert await pinned(principal, workflow.id) == {"b": "7"}
    await drafts.redo(principal, workflow.id)
    assert await pinned(principal, workflow.id) == {"c": "7"}


async def test_a_new_node_does_not_inherit_the_pin_of_a_deleted_one(
    principal: Principal, workflow: WorkflowDetail
) -> None:
    await pins.pin_value(principal, workflow.id, "b", value=7)
    await drafts.apply(principal, workflow.id, operation=Remove(nodes=("b",)), revision=1)
    other = Add(nodes=(Node(id="b", type="transform", config={"value": 2}),))
    await drafts.apply(principal, workflow.id, operation=Batch(operations=(other,)), revision=2)
    assert await pinned(principal, workflow.id) == {}


async def test_another_document_takes_over_the_pins_of_the_nodes_that_it_keeps(
    principal: Principal, workflow: WorkflowDetail
) -> None:
    await pins.pin_value(principal, workflow.id, "b", value=7)
    kept = workflow.document.model_copy(update={"name": "Other"})
    await workflows.replace_draft(principal, workflow.id, document=kept, revision=1)
    assert await pinned(principal, workflow.id) == {"b": "7"}
    for nodes in ([], kept.nodes):
        revision = (await workflows.get_workflow(principal, workflow.id)).revision
        document = Document(name="Other", nodes=nodes)
        await workflows.replace_draft(principal, workflow.id, document=document, revision=revision)
    assert await pinned(principal, workflow.id) == {}


async def test_a_deleted_node_comes_back_with_its_pin(principal: Principal, workflow: WorkflowDetail) -> None:
    await pins.pin_value(principal, workflow.id, "b", value=7)
    await drafts.apply(principal, workflow.id, operation=Remove(nodes=("b",)), revision=1)
    await drafts.undo(principal, workflow.id)
    assert await pinned(principal, workflow.id) == {"b": "7"}


async def test_a_deleted_node_keeps_its_pin_though_another_takes_its_id(
    principal: Principal, workflow: WorkflowDetail
) -> None:
    other = Add(nodes=(Node(id="c", type="transform", config={"value": 2}),))
    await drafts.apply(principal, workflow.id, operation=other, revision=1)
    for node, value in (("b", 7), ("c", 8)):
        await pins.pin_value(principal, workflow.id, node, value=value)
    await drafts.apply(principal, workflow.id, operation=Remove(nodes=("c",)), revision=2)
    await drafts.apply(principal, workflow.id, operation=Rename(id="b", new_id="c"), revision=3)
    assert (await pinned(principal, workflow.id))["c"] == "7"
    await drafts.undo(principal, workflow.id)
    await drafts.undo(principal, workflow.id)
    assert await pinned(principal, workflow.id) == {"b": "7", "c": "8"}
