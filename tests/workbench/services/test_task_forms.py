"""Forms: what stands in them at first, what is said at a field, and files."""

from typing import Any

import pytest

from tests.workbench.services.test_tasks import approval, asked, ended
from workbench.auth.principal import Principal
from workbench.errors import Invalid
from workbench.services import task_decisions, task_files, tasks
from workbench.services.task_decisions import Decision
from workbench.services.task_shapes import TaskSummary

pytestmark = pytest.mark.usefixtures("worker")
SCHEMA = {
    "type": "object",
    "required": ["age"],
    "properties": {
        "age": {"type": "integer", "minimum": 18, "errorMessage": {"minimum": "Only for adults."}},
        "where": {"type": "object", "properties": {"city": {"type": "string", "default": "Bern"}}},
        "since": {"type": "string", "format": "date"},
        "scan": {"type": "object", "format": "file", "accept": ["image/*"], "maxBytes": 10},
    },
}


async def form(principal: Principal, **defaults: Any) -> TaskSummary:
    return await asked(principal, approval("form", data_schema=SCHEMA, defaults=defaults))


async def refused(principal: Principal, task_id: str, value: Any) -> dict[str | None, str]:
    """Return what is said about an answer, by its fields."""
    with pytest.raises(Invalid) as caught:
        await task_decisions.decide(principal, task_id, Decision("submit", value=value))
    return {problem.field: problem.message for problem in caught.value.problems}


async def test_defaults_are_those_of_the_step_and_of_the_schema(principal: Principal) -> None:
    task = await form(principal, age="{{ inputs.n }}", where={})
    assert (await tasks.get_task(principal, task.id)).data == {"age": 5, "where": {"city": "Bern"}}


async def test_what_does_not_fit_is_said_at_its_field(principal: Principal) -> None:
    task = await form(principal)
    assert await refused(principal, task.id, {"age": 5, "since": "soon"}) == {
        "value.age": "Only for adults.",
        "value.since": "This must be a date, such as 2026-03-31.",
    }
    assert await refused(principal, task.id, {}) == {"value.age": "This is needed."}


async def test_the_answer_carries_a_file(principal: Principal) -> None:
    task = await form(principal)
    scan = await task_files.upload(principal, task.id, b"pixels", name="me.png", media_type="image/png")
    await task_decisions.decide(principal, task.id, Decision("submit", value={"age": 30, "scan": scan}))
    run = await ended(principal, task.run_id)
    assert run.outputs is not None
    assert run.outputs["said"]["scan"] == scan
    data, media_type, name = await task_files.read(principal, task.id, scan["$artifact"][7:])
    assert (data, media_type, name) == (b"pixels", "image/png", "me.png")


@pytest.mark.parametrize(
    ("content", "media_type", "told"),
    [(b"words", "text/plain", "one of: image/*"), (b"too many pixels", "image/png", "at most 10 bytes")],
)
async def test_a_file_that_does_not_fit_is_refused(
    principal: Principal, content: bytes, media_type: str, told: str
) -> None:
    task = await form(principal)
    scan = await task_files.upload(principal, task.id, content, name="me", media_type=media_type)
    said = await refused(principal, task.id, {"age": 30, "scan": scan})
    assert told in said["value.scan"]


async def test_a_file_that_nobody_put_there_is_refused(principal: Principal) -> None:
    task = await form(principal)
    made_up = {"$artifact": "sha256:" + "0" * 64, "name": "a.png", "media_type": "image/png", "size": 1}
    with pytest.raises(Invalid, match="no file that was put"):
        await task_decisions.decide(
            principal, task.id, Decision("submit", value={"age": 30, "scan": made_up})
        )


async def test_a_file_whose_size_is_made_up_is_refused(principal: Principal) -> None:
    task = await form(principal)
    scan = await task_files.upload(principal, task.id, b"too many pixels", name="a", media_type="image/png")
    value = {"age": 30, "scan": {**scan, "size": 3}}
    with pytest.raises(Invalid, match="no file that was put"):
        await task_decisions.decide(principal, task.id, Decision("submit", value=value))
