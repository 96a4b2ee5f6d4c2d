"""Workflows: what is stored is what comes back; versions are immutable; a person sees their own."""

import asyncio

import pytest

from engine.graph import Document, Edge, Node
from tests.people import somebody
from workbench.auth.principal import Principal
from workbench.db import workflows as queries
from workbench.errors import Conflict, Invalid, NotFound
from workbench.services import drafts, runs, workflows
from workbench.services.operations import Describe
from workbench.services.resources import Resources

pytestmark = pytest.mark.usefixtures("resources")

STRANGER = somebody("Eve")


def greeting(name: str = "Greeting") -> Document:
    return Document(
        name=name,
        inputs={"type": "object", "properties": {"zulu": {"type": "string"}, "alpha": {"type": "string"}}},
        nodes=[
            Node(id="start", type="input"),
            Node(id="greet", type="transform", config={"value": {"z": 1, "a": "Hello, {{ inputs.alpha }}!"}}),
        ],
        edges=[Edge(source="start", target="greet")],
    )


async def test_a_workflow_comes_back_as_it_was_stored_with_the_order_of_its_keys(
    principal: Principal,
) -> None:
    created = await workflows.create_workflow(principal, document=greeting())
    read = await workflows.get_workflow(principal, created.id)

    assert read.document == greeting()
    assert list(read.document.inputs["properties"]) == ["zulu", "alpha"]
    assert list(read.document.nodes[1].config["value"]) == ["z", "a"]
    assert (read.revision, read.live_version, read.can_undo) == (1, None, False)


async def test_text_that_postgres_dislikes_survives(principal: Principal) -> None:
    document = Document(name="Odd", nodes=[Node(id="note", type="note", config={"text": "a\x00b 😀"})])
    created = await workflows.create_workflow(principal, document=document)
    assert (await workflows.get_workflow(principal, created.id)).document == document


async def test_a_name_given_beside_the_document_wins(principal: Principal) -> None:
    created = await workflows.create_workflow(principal, document=greeting(), name="Mine")
    assert (created.name, created.document.name) == ("Mine", "Mine")


async def test_two_nodes_with_one_id_are_refused_and_nothing_is_stored(principal: Principal) -> None:
    twice = greeting()
    twice.nodes.append(twice.nodes[0])
    with pytest.raises(Invalid) as refusal:
        await workflows.create_workflow(principal, document=twice)
    assert [problem.node for problem in refusal.value.problems] == ["start"]
    assert (await workflows.list_workflows(principal)).items == ()


async def test_a_stranger_finds_nothing(principal: Principal) -> None:
    created = await workflows.create_workflow(principal, document=greeting())
    for call in (
        workflows.get_workflow(STRANGER, created.id),
        workflows.publish(STRANGER, created.id),
        workflows.delete_workflow(STRANGER, created.id),
        workflows.list_versions(STRANGER, created.id),
        drafts.undo(STRANGER, created.id),
        runs.start_run(STRANGER, workflow_id=created.id, inputs={}),
    ):
        with pytest.raises(NotFound):
            await call
    assert created.id not in {item.id for item in (await workflows.list_workflows(STRANGER)).items}


@pytest.mark.parametrize("missing", ["", "nonsense", "\x00", "019e0000-0000-7000-8000-000000000000"])
async def test_an_id_that_cannot_be_is_not_found(principal: Principal, missing: str) -> None:
    with pytest.raises(NotFound):
        await workflows.get_workflow(principal, missing)


async def test_pages_cover_the_list_once_newest_first_though_workflows_are_added(
    principal: Principal,
) -> None:
    made = [
        (await workflows.create_workflow(principal, document=greeting(f"W{number}"))).id
        for number in range(5)
    ]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await workflows.list_workflows(principal, limit=2, cursor=cursor)
        seen += [item.id for item in page.items]
        await workflows.create_workflow(principal, document=greeting("Later"))
        if (cursor := page.next_cursor) is None:
            break
    assert seen == made[::-1]


async def test_search_finds_a_part_of_the_name_and_takes_wildcards_literally(principal: Principal) -> None:
    await workflows.create_workflow(principal, document=greeting("Invoices 100%"))
    await workflows.create_workflow(principal, document=greeting("Other"))

    async def names(search: str) -> list[str]:
        return [item.name for item in (await workflows.list_workflows(principal, search=search)).items]

    assert await names("invoice") == ["Invoices 100%"]
    assert await names("0%") == ["Invoices 100%"]
    assert await names("%") == ["Invoices 100%"]
    assert await names("_") == []


async def test_a_forged_cursor_is_a_mistake_not_a_crash(principal: Principal) -> None:
    for cursor in ("zzz", "bnVsbA", "WzEsIDJd", "é"):
        with pytest.raises(Invalid):
            await workflows.list_workflows(principal, cursor=cursor)


async def test_publishing_the_same_content_again_gives_the_same_version(principal: Principal) -> None:
    created = await workflows.create_workflow(principal, document=greeting())
    first = await workflows.publish(principal, created.id)
    again = await workflows.publish(principal, created.id)
    assert (first.number, again.number, again.live) == (1, 1, True)


async def test_going_back_to_an_older_content_makes_that_version_live(principal: Principal) -> None:
    workflow = await workflows.create_workflow(principal, document=greeting())
    await workflows.publish(principal, workflow.id)
    await drafts.apply(principal, workflow.id, operation=Describe(description="Two"), revision=1)
    second = await workflows.publish(principal, workflow.id)
    await drafts.undo(principal, workflow.id)
    await workflows.publish(principal, workflow.id)

    versions = (await workflows.list_versions(principal, workflow.id)).items
    assert second.number == 2
    assert [(version.number, version.live) for version in versions] == [(2, False), (1, True)]


async def test_a_draft_with_problems_is_kept_but_not_published(principal: Principal) -> None:
    document = Document(name="Unfinished", nodes=[Node(id="fetch", type="http", config={})])
    created = await workflows.create_workflow(principal, document=document)
    assert {problem.node for problem in created.problems} == {"fetch"}
    assert await workflows.check_draft(principal, created.id) == created.problems
    with pytest.raises(Invalid) as refusal:
        await workflows.publish(principal, created.id)
    assert refusal.value.problems == created.problems


async def test_a_version_keeps_its_document_when_the_draft_moves_on(principal: Principal) -> None:
    created = await workflows.create_workflow(principal, document=greeting())
    version = await workflows.publish(principal, created.id)
    await drafts.apply(principal, created.id, operation=Describe(name="Renamed"), revision=1)
    _, kept = await workflows.get_version(principal, created.id, number=version.number)
    assert kept == greeting()
    assert kept.content_hash() == version.version_hash


async def test_deleting_a_workflow_keeps_its_ended_run_readable(
    principal: Principal, worker: None, resources: Resources
) -> None:
    created = await workflows.create_workflow(principal, document=greeting())
    run = await runs.start_run(principal, workflow_id=created.id, inputs={"alpha": "Ada"})
    with pytest.raises(Conflict):
        await workflows.delete_workflow(principal, created.id)
    await (await resources.temporal()).result(run.id)

    await workflows.delete_workflow(principal, created.id)

    with pytest.raises(NotFound):
        await workflows.get_workflow(principal, created.id)
    kept = await runs.get_run(principal, run.id)
    assert (kept.workflow_id, kept.workflow_name, kept.status) == (None, "Greeting", "succeeded")
    assert await runs.get_run_document(principal, run.id) == greeting()


async def test_a_run_of_a_workflow_that_is_being_deleted_is_not_found(
    principal: Principal, resources: Resources
) -> None:
    workflow = await workflows.create_workflow(principal, document=greeting())
    async with resources.transaction() as session:
        await workflows.require(session, principal, workflow.id, lock=True)
        starting = asyncio.create_task(runs.start_run(principal, workflow_id=workflow.id, inputs={}))
        await asyncio.sleep(0.3)
        await queries.remove(session, workflow.id)
    with pytest.raises(NotFound):
        await starting
