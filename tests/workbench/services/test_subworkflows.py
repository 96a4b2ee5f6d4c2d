"""Sub-workflows: what a document may call is checked, pinned, and run as a run of its own."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from engine.contracts import Budget
from engine.graph import Document, Edge, Limits, Node
from engine.ids import child_run_id
from tests.people import somebody
from workbench.auth.principal import Principal
from workbench.auth.roles import Role, allowed
from workbench.db import workflows as queries
from workbench.db.ids import new_id
from workbench.errors import Conflict, Invalid
from workbench.services import runs, subworkflows, workflows
from workbench.services.reconcile import Reconciler
from workbench.services.resources import Resources
from workbench.services.shapes import RunDetail

pytestmark = pytest.mark.usefixtures("worker")

TEXT = {"type": "string"}
NAME = {"type": "object", "properties": {"name": TEXT, "mark": {**TEXT, "default": "!"}}}
SAYS = {"greeting": "Hello, {{ inputs.name }}{{ inputs.mark }}"}


async def published(principal: Principal, *nodes: Node, **more: Any) -> str:
    """Return the id of a workflow whose draft is published as version 1."""
    document = Document(name="Other", nodes=[Node(id="start", type="input"), *nodes], **more)
    workflow = await workflows.create_workflow(principal, document=document)
    await workflows.publish(principal, workflow.id)
    return workflow.id


async def greeting(principal: Principal) -> str:
    schema = {**NAME, "required": ["name"]}
    return await published(principal, inputs=schema, outputs=SAYS)


def call(workflow: str, version: Any = 1, **inputs: Any) -> Node:
    config = {"workflow": workflow, "version": version, "inputs": inputs}
    return Node(id="call", type="subworkflow", config=config)


async def caller(principal: Principal, *nodes: Node, edges: Any = (), **more: Any) -> str:
    document = Document(name="Caller", nodes=list(nodes), edges=list(edges), **more)
    return (await workflows.create_workflow(principal, document=document)).id


async def ended(principal: Principal, run_id: str) -> RunDetail:
    async with asyncio.timeout(30):
        while (run := await runs.get_run(principal, run_id)).status in ("queued", "running", "waiting"):
            await asyncio.sleep(0.05)
    return run


async def problems(principal: Principal, *nodes: Node) -> list[tuple[str, str | None]]:
    found = await workflows.check_draft(principal, await caller(principal, *nodes))
    return [(problem.code, problem.field) for problem in found]


async def test_a_published_version_runs_as_a_run_of_its_own(principal: Principal) -> None:
    other = await greeting(principal)
    workflow_id = await caller(
        principal, call(other, name="Ada"), outputs={"said": "{{ nodes.call.output.greeting }}"}
    )
    run = await ended(principal, (await runs.start_run(principal, workflow_id=workflow_id, inputs={})).id)
    assert run.outputs == {"said": "Hello, Ada!"}

    [child] = (await runs.list_runs(principal, parent_run_id=run.id)).items
    assert (child.workflow_id, child.version, child.status) == (other, 1, "succeeded")
    assert child.parent
    assert (child.parent.run_id, child.parent.place) == (run.id, "call")
    assert (child.trigger.type, child.trigger.id) == ("subworkflow", run.id)
    assert (await runs.get_run(principal, child.id)).inputs == {"name": "Ada", "mark": "!"}


async def test_what_is_published_later_changes_no_call(principal: Principal) -> None:
    other = await greeting(principal)
    workflow_id = await caller(
        principal, call(other, name="Ada"), outputs={"said": "{{ nodes.call.output.greeting }}"}
    )
    detail = await workflows.get_workflow(principal, other)
    newer = detail.document.model_copy(update={"outputs": {"greeting": "Bye"}})
    await workflows.replace_draft(principal, other, document=newer, revision=detail.revision)
    await workflows.publish(principal, other)
    run = await ended(principal, (await runs.start_run(principal, workflow_id=workflow_id, inputs={})).id)
    assert run.outputs == {"said": "Hello, Ada!"}


async def test_a_version_can_be_pinned_by_its_content_alone(principal: Principal) -> None:
    other = await greeting(principal)
    version, _ = await workflows.get_version(principal, other, number=1)
    workflow_id = await caller(principal, call("", version.version_hash, name="Ada"))
    run = await ended(principal, (await runs.start_run(principal, workflow_id=workflow_id, inputs={})).id)
    assert run.status == "succeeded"


async def test_unknown_workflows_and_versions_are_problems(principal: Principal) -> None:
    other, stranger = await greeting(principal), somebody("Bob")
    unknown = [("subworkflow-unknown", "config.version")]
    assert await problems(principal, call(other, 2, name="Ada")) == unknown
    assert await problems(principal, call(other, 2**40, name="Ada")) == unknown
    assert await problems(principal, call(new_id(), 1, name="Ada")) == unknown
    assert await problems(principal, call("", "a" * 64, name="Ada")) == unknown
    assert await problems(principal, call(await greeting(stranger), 1, name="Ada")) == unknown


async def test_a_draft_cannot_be_called(principal: Principal) -> None:
    draft = await caller(principal, Node(id="start", type="input"))
    assert [code for code, _ in await problems(principal, call(draft))] == ["subworkflow-unknown"]


async def test_inputs_that_cannot_fit_are_problems(principal: Principal) -> None:
    other = await greeting(principal)
    assert await problems(principal, call(other)) == [("subworkflow-inputs", "config.inputs.name")]
    assert await problems(principal, call(other, name=7)) == [("subworkflow-inputs", "config.inputs.name")]
    assert await problems(principal, call(other, name="A", nme="B")) == [
        ("subworkflow-inputs", "config.inputs.nme")
    ]
    assert await problems(principal, call(other, name="{{ run.id }}")) == []


async def test_inputs_are_held_against_the_whole_schema(principal: Principal) -> None:
    properties = {"any": True, "first": {"$ref": "#/$defs/word"}, "second": {"$ref": "#/properties/first"}}
    schema = {"properties": properties, "$defs": {"word": TEXT}, "required": ["any"]}
    other = await published(principal, inputs={"type": "object", **schema})
    assert await problems(principal, call(other, any=1, first="a", second="b")) == []
    assert await problems(principal, call(other, first="a", second=7)) == [
        ("subworkflow-inputs", "config.inputs.any"),
        ("subworkflow-inputs", "config.inputs.second"),
    ]


async def test_an_expression_of_another_type_than_the_input_is_a_problem(principal: Principal) -> None:
    typed = {"type": "object", "properties": {"total": {"type": "integer"}}}
    counts = await published(principal, outputs={"total": 7}, output_schema=typed)
    many = {"type": "object", "properties": {"n": {"type": "number"}, "word": TEXT}}
    other = await published(principal, inputs=many)
    count = Node(id="count", type="subworkflow", config={"workflow": counts, "version": 1})

    async def wrong(**inputs: Any) -> list[str]:
        own = {"type": "object", "properties": {"word": TEXT, "any": {}}}
        flow = await caller(principal, count, call(other, **inputs), inputs=own)
        return [problem.message for problem in await workflows.check_draft(principal, flow)]

    total, whole = "{{ nodes.count.output.total }}", "{{ nodes.count.output }}"
    assert await wrong(n=total, word="{{ inputs.word }}") == []
    assert await wrong(n="{{ inputs.any }}", word=f"about {total}") == []
    assert await wrong(n="{{ inputs.word | int }}", word=f"{total} ") == [
        "The input “word” takes string, and this gives number."
    ]
    assert await wrong(n="{{ inputs.word }}", word=whole) == [
        "The input “n” takes number, and this gives string.",
        "The input “word” takes string, and this gives object.",
    ]
    assert await wrong(n=f"about {total}") == ["The input “n” takes number, and this gives string."]


async def test_inputs_beside_the_known_ones_have_a_type_too(principal: Principal) -> None:
    other = await published(principal, inputs={"type": "object", "additionalProperties": TEXT})
    assert await problems(principal, call(other, a="b", c=7)) == [("subworkflow-inputs", "config.inputs.c")]


async def test_an_output_that_the_called_version_does_not_have_is_a_problem(principal: Principal) -> None:
    done = Node(id="done", type="output", config={"name": "when", "value": 1})
    other = await published(principal, done, inputs=NAME, outputs=SAYS)
    reader = Node(id="reader", type="transform", config={"value": "{{ nodes.call.output.greting }}"})
    good = {name: f"{{{{ nodes.call.output.{name} }}}}" for name in ("greeting", "when")}
    flow = await caller(principal, call(other), reader, outputs={**good, "all": "{{ nodes.call.output }}"})
    [problem] = await workflows.check_draft(principal, flow)
    assert (problem.code, problem.node, problem.field) == ("unknown-output", "reader", "config.value")
    assert problem.hint == "Did you mean “greeting”? It has greeting, when."


async def test_no_run_starts_that_would_read_an_output_that_is_not_there(principal: Principal) -> None:
    flow = await caller(
        principal, call(await greeting(principal), name="Ada"), outputs={"a": "{{ nodes.call.output.b }}"}
    )
    with pytest.raises(Invalid, match="no output “b”"):
        await runs.start_run(principal, workflow_id=flow, inputs={})


async def test_inputs_that_turn_out_not_to_fit_fail_the_node(principal: Principal) -> None:
    workflow_id = await caller(principal, call(await greeting(principal), name="{{ 7 }}"))
    run = await ended(principal, (await runs.start_run(principal, workflow_id=workflow_id, inputs={})).id)
    assert run.error
    assert (run.error.kind, run.error.node) == ("inputs-unfit", "call")
    assert "inputs.name" in run.error.message
    assert not (await runs.list_runs(principal, parent_run_id=run.id)).items


async def test_a_workflow_cannot_call_itself_directly_or_through_another(principal: Principal) -> None:
    first = await greeting(principal)
    second = await published(principal, call(first, name="Ada"))
    detail = await workflows.get_workflow(principal, first)
    looping = detail.document.model_copy(update={"nodes": [call(second)]})
    changed = await workflows.replace_draft(principal, first, document=looping, revision=detail.revision)
    assert [problem.code for problem in changed.problems] == ["subworkflow-recursion"]
    with pytest.raises(Invalid, match="call itself"):
        await workflows.publish(principal, first)


async def test_the_depth_of_calls_is_bounded(principal: Principal) -> None:
    inner = await published(principal)
    for _ in range(10):
        deepest, inner = inner, await published(principal, call(inner))
    assert await problems(principal, call(deepest)) == []
    assert [code for code, _ in await problems(principal, call(inner))] == ["subworkflow-depth"]


async def calling_late(principal: Principal, other: str) -> tuple[str, str]:
    """Return the ids of a workflow and of its run, which calls the other workflow in two seconds."""
    pause = Node(id="pause", type="delay", config={"seconds": 2})
    edges = [Edge(source="pause", target="call")]
    workflow_id = await caller(principal, pause, call(other, name="Ada"), edges=edges)
    return workflow_id, (await runs.start_run(principal, workflow_id=workflow_id, inputs={})).id


async def test_a_run_goes_on_although_what_it_calls_was_deleted_as_it_began(
    principal: Principal, resources: Resources
) -> None:
    other = await greeting(principal)
    _, run_id = await calling_late(principal, other)
    async with resources.transaction() as session:
        await queries.remove(session, other)
    assert (await ended(principal, run_id)).status == "succeeded"


async def emptied(principal: Principal, workflow_id: str) -> None:
    """Take all nodes out of a draft."""
    detail = await workflows.get_workflow(principal, workflow_id)
    empty = detail.document.model_copy(update={"nodes": [], "edges": []})
    await workflows.replace_draft(principal, workflow_id, document=empty, revision=detail.revision)


async def refusal(principal: Principal, workflow_id: str) -> str:
    """Return why a workflow cannot be deleted."""
    with pytest.raises(Conflict) as refused:
        await workflows.delete_workflow(principal, workflow_id)
    return str(refused.value)


async def test_what_a_draft_or_a_live_version_calls_is_not_deleted(principal: Principal) -> None:
    other = await greeting(principal)
    flow = await caller(principal, call(other, name="Ada"))
    await workflows.publish(principal, flow)
    assert "“Caller” (draft), “Caller” (version 1) call it." in await refusal(principal, other)
    await emptied(principal, flow)
    assert "“Caller” (version 1) calls it." in await refusal(principal, other)
    await workflows.publish(principal, flow)
    await workflows.delete_workflow(principal, other)


async def test_what_is_called_by_its_content_is_not_deleted_while_nobody_else_has_it(
    principal: Principal,
) -> None:
    other = await greeting(principal)
    version, _ = await workflows.get_version(principal, other, number=1)
    await caller(principal, call("", version.version_hash, name="Ada"))
    assert "“Caller” (draft) calls it." in await refusal(principal, other)
    await greeting(principal)
    await workflows.delete_workflow(principal, other)


async def test_what_a_run_may_yet_call_is_not_deleted(principal: Principal) -> None:
    other = await greeting(principal)
    flow, run_id = await calling_late(principal, other)
    await emptied(principal, flow)
    told = f"The run {run_id[:8]} of “Caller” has not ended and may call it."
    assert told in await refusal(principal, other)
    await ended(principal, run_id)
    await workflows.delete_workflow(principal, other)


async def test_a_caller_that_one_may_not_see_is_not_named(principal: Principal, resources: Resources) -> None:
    other = await greeting(principal)
    flow = await caller(principal, call(other, name="Ada"))
    async with resources.transaction() as session:
        await session.execute(text("UPDATE workflows SET narrowed = true WHERE id = :id"), {"id": flow})
    designer = allowed(frozenset({Role.DESIGNER}))
    other_person = somebody("Bob", workspace=principal.workspace, actions=designer)
    assert "Something that you may not see calls it." in await refusal(other_person, other)


async def test_others_that_do_not_call_it_keep_no_workflow(principal: Principal) -> None:
    other = await greeting(principal)
    await caller(principal, call(await greeting(principal), name=f"not {other}"))
    await workflows.delete_workflow(principal, other)


async def long_call(principal: Principal) -> tuple[str, str]:
    """Return the ids of a run and of the sub-workflow's run that it waits for."""
    other = await published(principal, Node(id="pause", type="delay", config={"seconds": 600}))
    workflow_id = await caller(principal, call(other))
    run = await runs.start_run(principal, workflow_id=workflow_id, inputs={})
    child = child_run_id(run.id, "call", 1)
    async with asyncio.timeout(30):
        while not (await runs.list_runs(principal, parent_run_id=run.id, status="waiting")).items:
            await asyncio.sleep(0.05)
    return run.id, child


async def test_cancelling_reaches_the_run_of_a_sub_workflow(principal: Principal) -> None:
    run_id, child = await long_call(principal)
    await runs.cancel_run(principal, run_id)
    assert (await ended(principal, run_id)).status == "cancelled"
    assert (await ended(principal, child)).status == "cancelled"


async def test_terminating_reaches_the_run_of_a_sub_workflow(
    principal: Principal, resources: Resources
) -> None:
    run_id, child = await long_call(principal)
    await runs.terminate_run(principal, run_id)
    assert (await runs.get_run(principal, child)).error == (await runs.get_run(principal, run_id)).error
    assert await (await resources.temporal()).describe(child) == "terminated"


async def test_a_sub_workflows_run_that_is_terminated_fails_its_node(principal: Principal) -> None:
    run_id, child = await long_call(principal)
    await runs.terminate_run(principal, child)
    run = await ended(principal, run_id)
    assert (run.status, run.error and run.error.kind) == ("failed", "terminated")


async def test_the_run_of_a_sub_workflow_ends_when_its_parent_was_ended_from_outside(
    principal: Principal, resources: Resources
) -> None:
    run_id, child = await long_call(principal)
    await (await resources.temporal()).terminate(run_id, "somebody with the command line")
    for _ in range(2):  # it ends the parent, then asks the child to stop
        await Reconciler(young=timedelta(0)).once()
    assert (await ended(principal, run_id)).status == "failed"
    assert (await ended(principal, child)).status == "cancelled"


async def test_content_is_traced_to_the_version_that_has_it(principal: Principal) -> None:
    other = await greeting(principal)
    version, _ = await workflows.get_version(principal, other, number=1)
    assert await subworkflows.whose(principal, version.version_hash) == (other, 1)
    assert await subworkflows.whose(principal, "a" * 64) is None


async def test_outputs_that_do_not_fit_their_schema_fail_the_step_that_called(principal: Principal) -> None:
    schema = {"type": "object", "properties": {"greeting": {"type": "integer"}}}
    other = await published(principal, inputs=NAME, outputs=SAYS, output_schema=schema)
    workflow_id = await caller(principal, call(other, name="Ada"))
    run = await ended(principal, (await runs.start_run(principal, workflow_id=workflow_id, inputs={})).id)
    assert run.error
    assert (run.error.kind, run.error.node) == ("output-mismatch", "call")
    assert "outputs.greeting: 'Hello, Ada!' is not of type 'integer'" in run.error.message


async def test_it_has_the_tighter_of_what_is_left_and_what_its_document_allows(principal: Principal) -> None:
    other = await published(principal, limits=Limits(steps=3, seconds=60))
    limits = Limits(steps=9, seconds=20, on_reached="pause")
    caller_id = await caller(principal, call(other), limits=limits)
    run = await ended(principal, (await runs.start_run(principal, workflow_id=caller_id, inputs={})).id)
    assert run.status == "succeeded", run.error
    child = await runs.get_run(principal, child_run_id(run.id, "call", 1))
    assert child.budget == Budget(steps=3, seconds=20, on_reached="fail")


async def test_a_run_of_a_draft_is_held_against_the_schema_of_its_outputs(principal: Principal) -> None:
    schema = {"type": "object", "properties": {"greeting": {"type": "integer"}}}
    document = Document(name="Draft", outputs={"greeting": "hello"}, output_schema=schema)
    workflow = await workflows.create_workflow(principal, document=document)
    run = await ended(principal, (await runs.start_run(principal, workflow_id=workflow.id, inputs={})).id)
    assert run.error
    assert run.error.kind == "output-mismatch"
