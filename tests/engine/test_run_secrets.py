"""A secret reaches the service it is meant for, and nothing that anybody reads."""

import base64
import logging

import pytest
import structlog

from tests.engine.conftest import Rig
from tests.engine.plans import fake, output, plan, start
from tests.engine.web import as_json, web_server

SECRET = "s3cret/token with spaces&é"


@pytest.fixture(autouse=True)
def known_secret(real: Rig) -> None:
    real.secrets.values = {"TOKEN": SECRET}


def forms() -> list[str]:
    """Return every way in which the secret might be written down."""
    return [SECRET, "s3cret", base64.b64encode(SECRET.encode()).decode()]


async def everything(real: Rig, run_id: str) -> str:
    """Return history, records and blobs of a run as one text, payloads decoded."""
    history = await real.history(run_id)
    handle = real.client.temporal.get_workflow_handle(f"run-{run_id}")
    payloads = (await handle.fetch_history()).events
    blobs = [data.decode("utf-8", "replace") for data in real.blobs.content.values()]
    return "\n".join([history, *map(repr, payloads), *map(repr, real.sink.batches_of(run_id)), *blobs])


async def test_secret_is_sent_and_leaves_no_trace(real: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with web_server() as web:
        web.replies["/"] = lambda asked: as_json(
            {"you_sent": asked.headers["authorization"], "at": asked.path}
        )
        step = fake("call", "start").model_copy(
            update={
                "type": "http",
                "config": {
                    "url": f"{web.url}/",
                    "headers": {"Authorization": "Bearer {{ secrets.TOKEN | urlencode }}"},
                    "query": {"token": "{{ secrets.TOKEN }}", "user": "{{ inputs.user }}"},
                },
                "secret_fields": ("headers", "query"),
                "reads": ("inputs",),
            }
        )
        with structlog.testing.capture_logs() as logs:
            ran = await real.run(
                plan(start(), step, output("said", "{{ nodes.call.output.you_sent }}", "call")),
                {"user": "ada"},
            )
    assert "s3cret" in web.asked[0].headers["authorization"]
    assert "user=ada" in web.asked[0].path
    assert ran.outputs == {"said": "Bearer •••"}
    seen = await everything(real, ran.run_id) + caplog.text + repr(logs)
    assert [form for form in forms() if form in seen] == []


async def test_secret_is_blotted_out_of_failures(real: Rig, caplog: pytest.LogCaptureFixture) -> None:
    step = fake("call", failures=9, attempts=2, message="refused: {{ secrets.TOKEN }}")
    step = step.model_copy(update={"secret_fields": ("message",)})
    ran = await real.run(plan(step))
    assert ran.record.error
    assert ran.record.error.message == "refused: •••"
    seen = await everything(real, ran.run_id) + caplog.text
    assert [form for form in forms() if form in seen] == []


async def test_secret_in_an_adapters_fault_is_blotted_out(real: Rig) -> None:
    step = fake("call", seconds="{{ secrets.TOKEN }}").model_copy(update={"secret_fields": ("seconds",)})
    ran = await real.run(plan(step))
    assert ran.record.error
    assert [form for form in forms() if form in await everything(real, ran.run_id)] == []


@pytest.mark.parametrize("name", ["int", "date", "upper | int", "b64decode | fromjson"])
async def test_secret_in_an_expression_that_fails_is_not_quoted(real: Rig, name: str) -> None:
    real.secrets.values = {"TOKEN": base64.b64encode(b"s3cret" * 20).decode()}
    value = f"{{{{ secrets.TOKEN | {name} }}}}"
    ran = await real.run(plan(fake("call", value=value).model_copy(update={"secret_fields": ("value",)})))
    assert ran.record.error
    assert ran.record.error.kind == "expression"
    seen = (await everything(real, ran.run_id)).lower()
    assert [part for part in ("s3cret", "czNjcmV0".lower()) if part in seen] == []


async def test_unknown_secret_is_named(real: Rig) -> None:
    step = fake("call", value="{{ secrets.TYPO }}").model_copy(update={"secret_fields": ("value",)})
    ran = await real.run(plan(step))
    assert ran.record.error
    assert (ran.record.error.kind, "TYPO" in ran.record.error.message) == ("secret-missing", True)
    assert real.fake.calls == []


async def test_secret_fields_see_the_nodes_they_read(real: Rig) -> None:
    both = fake("both", "first", value="{{ nodes.first.output }}-{{ run.id }}-{{ secrets.TOKEN | length }}")
    both = both.model_copy(update={"secret_fields": ("value",), "reads": ("nodes.first", "run")})
    ran = await real.run(plan(fake("first", value="one"), both))
    assert ran.nodes["both"].output == f"one-{ran.run_id}-{len(SECRET)}"
