"""Webhooks over HTTP: who may call, what is started, what comes back, and what a stranger learns."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from engine.client import EngineClient
from tests.workbench.api.conftest import BASE
from workbench.auth.principal import Principal
from workbench.services import secrets
from workbench.services.resources import Resources
from workbench.services.triggers import hooks

pytestmark = pytest.mark.usefixtures("worker")

WAIT = {"mode": "wait", "wait_s": 20, "body": {"said": "{{ outputs.greeting }}"}}
BY_BODY = {"name": "{{ trigger.body.name }}"}


@pytest.fixture
async def caller(application: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A program elsewhere that knows an address."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, timeout=60) as client:
        yield client


async def publish(api: httpx.AsyncClient, document: dict[str, Any], **config: Any) -> tuple[str, str]:
    """Store and publish a document with a webhook; return the workflow's id and the webhook's address."""
    inputs = config.pop("inputs", BY_BODY)
    trigger = {"id": "hook", "type": "webhook", "config": config, "inputs": inputs}
    created = await api.post("/workflows", json={"document": {**document, "triggers": [trigger]}})
    assert created.status_code == 201, created.text
    workflow_id = str(created.json()["id"])
    assert (published := await api.post(f"/workflows/{workflow_id}/publish")).status_code == 201, (
        published.text
    )
    return workflow_id, str((await state(api, workflow_id))["address"])


async def state(api: httpx.AsyncClient, workflow_id: str) -> dict[str, Any]:
    answer = await api.get(f"/workflows/{workflow_id}/triggers/hook")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def runs_of(api: httpx.AsyncClient, workflow_id: str) -> list[dict[str, Any]]:
    return list((await api.get("/runs", params={"workflow_id": workflow_id})).json()["items"])


async def test_a_request_starts_a_run_and_is_told_where_it_is(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    workflow_id, address = await publish(api, hello)
    answer = await caller.post(address, json={"name": "Ada"})
    assert answer.status_code == 202
    run = (await api.get(answer.headers["location"].removeprefix("/api/v1"))).json()
    assert run["workflow_id"] == workflow_id
    assert run["inputs"]["name"] == "Ada"
    assert run["trigger"] == {"type": "webhook", "id": "hook", "run_id": None}
    assert [shown["id"] for shown in (await state(api, workflow_id))["last_runs"]] == [run["id"]]


async def test_a_request_can_wait_for_what_the_run_gives(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    answer = {**WAIT, "status": "{{ 200 + 1 }}", "headers": {"X-Run": "{{ run.id }}"}}
    _, address = await publish(api, hello, answer=answer)
    got = await caller.post(address, json={"name": "Ada"})
    assert (got.status_code, got.json()) == (201, {"said": "Hello, Ada!"})
    assert got.headers["x-run"]
    assert "sandbox" in got.headers["content-security-policy"]


async def test_a_run_that_takes_longer_is_answered_with_its_address(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    pause = {"id": "pause", "type": "delay", "config": {"seconds": 60}}
    slow = {**hello, "nodes": [*hello["nodes"], pause], "edges": [{"source": "start", "target": "pause"}]}
    _, address = await publish(api, slow, answer={**WAIT, "wait_s": 0.5})
    answer = await caller.post(address, json={"name": "Ada"})
    assert answer.status_code == 202
    await api.post(f"/runs/{answer.json()['run_id']}/cancel")


async def test_a_process_that_stops_answers_who_waits(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    pause = {"id": "pause", "type": "delay", "config": {"seconds": 60}}
    slow = {**hello, "nodes": [*hello["nodes"], pause], "edges": [{"source": "start", "target": "pause"}]}
    workflow_id, address = await publish(api, slow, answer={**WAIT, "wait_s": 300})
    waiting = asyncio.create_task(caller.post(address, json={"name": "Ada"}))
    while not await runs_of(api, workflow_id):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    hooks.stop_waiting()
    answer = await asyncio.wait_for(waiting, 30)
    assert answer.status_code == 202
    await api.post(f"/runs/{answer.json()['run_id']}/cancel")


@pytest.mark.parametrize("change", ["rotated", "secret"])
async def test_who_waits_and_loses_the_right_to_is_told_so(
    api: httpx.AsyncClient,
    caller: httpx.AsyncClient,
    hello: dict[str, Any],
    principal: Principal,
    change: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hooks, "ASK_S", 0.1)
    await secrets.put_secret(principal, name="HOOK_TOKEN", value="t0psecret")
    pause = {"id": "pause", "type": "delay", "config": {"seconds": 60}}
    slow = {**hello, "nodes": [*hello["nodes"], pause], "edges": [{"source": "start", "target": "pause"}]}
    check = {"kind": "token", "secret": "HOOK_TOKEN", "name": "X-Token"}
    workflow_id, address = await publish(api, slow, answer={**WAIT, "wait_s": 300}, check=check)
    asking = caller.post(address, json={"name": "Ada"}, headers={"X-Token": "t0psecret"})
    waiting = asyncio.create_task(asking)
    while not await runs_of(api, workflow_id):
        await asyncio.sleep(0.05)
    if change == "rotated":
        await api.post(f"/workflows/{workflow_id}/triggers/hook/rotate")
    else:
        await secrets.put_secret(principal, name="HOOK_TOKEN", value="another")
    answer = await asyncio.wait_for(waiting, 30)
    assert answer.status_code == (404 if change == "rotated" else 401)
    [run] = await runs_of(api, workflow_id)
    await api.post(f"/runs/{run['id']}/cancel")


async def test_with_temporal_away_the_run_is_queued_and_the_answer_comes_in_time(
    api: httpx.AsyncClient,
    caller: httpx.AsyncClient,
    hello: dict[str, Any],
    resources: Resources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, address = await publish(api, hello, answer={**WAIT, "wait_s": 0.5})
    hangs = asyncio.Event()

    async def never(self: EngineClient, request: object) -> None:
        await hangs.wait()

    monkeypatch.setattr(EngineClient, "start", never)
    answer = await asyncio.wait_for(caller.post(address, json={"name": "Ada"}), 30)
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")


async def test_a_failed_run_says_so_but_not_why(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    fail = {"id": "stop", "type": "fail", "config": {"message": "our inner matter"}}
    failing = {**hello, "nodes": [*hello["nodes"], fail], "edges": [{"source": "start", "target": "stop"}]}
    _, address = await publish(api, failing, answer=WAIT)
    answer = await caller.post(address, json={"name": "Ada"})
    assert (answer.status_code, answer.json()["code"]) == (500, "run-failed")
    assert "inner" not in answer.text


async def test_an_answer_that_cannot_be_made_is_the_owners_problem(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    workflow_id, address = await publish(api, hello, answer={**WAIT, "status": "{{ outputs.greeting }}"})
    assert (await caller.post(address, json={"name": "Ada"})).status_code == 500
    assert "status" in (await state(api, workflow_id))["problem"]["message"]


async def test_the_same_key_starts_one_run(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    workflow_id, address = await publish(api, hello, inputs={**BY_BODY, "mark": "{{ trigger.at }}"})
    sent = [
        caller.post(address, json={"name": "Ada"}, headers={"Idempotency-Key": "a key"}) for _ in range(5)
    ]
    answers = await asyncio.gather(*sent)
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert len(await runs_of(api, workflow_id)) == 1
    other = await caller.post(address, json={"name": "Eve"}, headers={"Idempotency-Key": "a key"})
    assert other.status_code == 409


async def test_a_body_that_does_not_fit_starts_nothing_and_is_told_why(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"age": {"type": "integer"}}}
    workflow_id, address = await publish(api, hello, body_schema=schema)
    answer = await caller.post(address, json={"age": "x"})
    assert answer.status_code == 422
    assert {problem["field"] for problem in answer.json()["problems"]} == {"body.name", "body.age"}
    assert await runs_of(api, workflow_id) == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", "application/json"), (b"\xff", "text/plain"), (b"NaN", "application/json"), (b"[" * 90_000, "")],
)  # fmt: skip
async def test_a_body_that_cannot_be_read_starts_nothing(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any], body: bytes, kind: str
) -> None:
    workflow_id, address = await publish(api, hello)
    answer = await caller.post(address, content=body, headers={"content-type": kind})
    assert answer.status_code == 422, answer.text
    assert await runs_of(api, workflow_id) == []


async def test_a_form_and_a_text_are_bodies_too(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    _, form = await publish(api, hello, answer=WAIT)
    _, text = await publish(api, hello, answer=WAIT, inputs={"name": "{{ trigger.body }}"})
    assert (await caller.post(form, data={"name": "Ada"})).json() == {"said": "Hello, Ada!"}
    sent = await caller.post(text, content="Eve", headers={"content-type": "text/plain"})
    assert sent.json() == {"said": "Hello, Eve!"}


async def test_inputs_that_cannot_be_made_are_refused_and_kept_as_the_triggers_problem(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    workflow_id, address = await publish(api, hello)
    with capture_logs() as logs:
        assert (await caller.post(address, json={"name": {"private": "matter"}})).status_code == 422
    assert "name" in (await state(api, workflow_id))["problem"]["message"]
    assert "matter" not in str(logs)
    assert (await caller.post(address, json={"name": "Ada"})).status_code == 202
    assert (await state(api, workflow_id))["problem"] is None


async def test_other_methods_and_larger_bodies_are_refused(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    _, address = await publish(api, hello, methods=["PUT"], max_bytes=20)
    refused = await caller.post(address, json={"name": "Ada"})
    assert (refused.status_code, refused.headers["allow"]) == (405, "PUT")
    assert (await caller.put(address, json={"name": "A" * 20})).status_code == 413
    assert (await caller.put(address, json={"name": "Ada"})).status_code == 202


async def test_a_signature_is_demanded(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any], principal: Principal
) -> None:
    await secrets.put_secret(principal, name="HOOK_KEY", value="s3cret")
    check = {
        "kind": "hmac", "secret": "HOOK_KEY", "header": "X-Signature", "prefix": "v0=",
        "signed": "v0:{timestamp}:{body}", "timestamp_header": "X-Time",
    }  # fmt: skip
    workflow_id, address = await publish(api, hello, check=check)
    body, sent = json.dumps({"name": "Ada"}), str(int(time.time()))
    signature = hmac.new(b"s3cret", f"v0:{sent}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "X-Time": sent, "X-Signature": f"v0={signature}"}
    assert (await caller.post(address, content=body, headers=headers)).status_code == 202
    assert (await caller.post(address, content=body + " ", headers=headers)).status_code == 401
    assert (await caller.post(address, json={"name": "Ada"})).status_code == 401
    assert len(await runs_of(api, workflow_id)) == 1


async def test_a_token_is_demanded_and_appears_nowhere(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any], principal: Principal
) -> None:
    await secrets.put_secret(principal, name="HOOK_TOKEN", value="t0psecret")
    check = {"kind": "token", "secret": "HOOK_TOKEN", "place": "query", "name": "token"}
    heard = "{{ trigger.headers | tojson }}{{ trigger.query | tojson }}"
    _, address = await publish(api, hello, check=check, inputs={"name": heard})
    with capture_logs() as logs:
        right = await caller.post(address, params={"token": "t0psecret", "page": 1})
        wrong = await caller.post(address, params={"token": "t0psecre"})
    assert (right.status_code, wrong.status_code) == (202, 401)
    run = (await api.get(f"/runs/{right.json()['run_id']}")).text
    assert "page" in run
    assert "t0psecret" not in run + str(logs)
    assert address.rpartition("/")[2] not in str(logs)


async def test_a_secret_that_is_not_stored_is_the_owners_problem(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    workflow_id, address = await publish(api, hello, check={"kind": "token", "secret": "NOT_STORED"})
    assert (await caller.post(address)).status_code == 503
    seen = await state(api, workflow_id)
    assert seen["missing_secret"] == "NOT_STORED"
    assert "NOT_STORED" in seen["problem"]["message"]


async def test_an_address_stays_from_version_to_version_until_it_is_rotated(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    workflow_id, address = await publish(api, hello)
    draft = (await api.get(f"/workflows/{workflow_id}")).json()
    document = {**draft["document"], "description": "Version 2"}
    await api.put(
        f"/workflows/{workflow_id}/draft", json={"revision": draft["revision"], "document": document}
    )
    await api.post(f"/workflows/{workflow_id}/publish")
    assert (await state(api, workflow_id))["address"] == address
    answer = await caller.post(address, json={"name": "Ada"})
    assert (await api.get(f"/runs/{answer.json()['run_id']}")).json()["version"] == 2
    rotated = (await api.post(f"/workflows/{workflow_id}/triggers/hook/rotate")).json()["address"]
    assert (await caller.post(address, json={"name": "Ada"})).status_code == 404
    assert (await caller.post(rotated, json={"name": "Ada"})).status_code == 202


async def test_nobody_learns_whether_there_is_something_at_an_address(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    paused_id, paused = await publish(api, hello)
    await api.post(f"/workflows/{paused_id}/triggers/hook/pause")
    deleted_id, deleted = await publish(api, hello)
    await api.delete(f"/workflows/{deleted_id}")
    unknown = [paused, deleted, "/api/v1/hooks/nothing", "/api/v1/hooks/" + "x" * 500, "/api/v1/hooks/%00"]
    answers = [await caller.post(address, json={}) for address in unknown]
    bodies = [{**answer.json(), "instance": ""} for answer in answers]
    assert {answer.status_code for answer in answers} == {404}
    assert all(body == bodies[0] for body in bodies)


async def test_a_draft_is_not_armed_but_can_be_tried(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    trigger = {"id": "hook", "type": "webhook", "config": {}, "inputs": BY_BODY}
    created = (await api.post("/workflows", json={"document": {**hello, "triggers": [trigger]}})).json()
    seen = await state(api, created["id"])
    assert (seen["armed"], seen["in_draft"], seen["address"]) == (False, True, None)
    heard = {"trigger": {"body": {"name": "Ada"}}}
    tried = await api.post(f"/workflows/{created['id']}/triggers/hook/try", json=heard)
    assert (tried.status_code, tried.json()["inputs"]["name"]) == (201, "Ada")


async def test_publishing_without_the_trigger_disarms_it_and_rolling_back_arms_it_again(
    api: httpx.AsyncClient, caller: httpx.AsyncClient, hello: dict[str, Any]
) -> None:
    workflow_id, address = await publish(api, hello)
    first = (await api.get(f"/workflows/{workflow_id}")).json()["document"]
    await redraft(api, workflow_id, hello)
    assert (await caller.post(address, json={"name": "Ada"})).status_code == 202
    await api.post(f"/workflows/{workflow_id}/publish")
    assert (await caller.post(address, json={"name": "Ada"})).status_code == 404
    await redraft(api, workflow_id, first)
    assert (await api.post(f"/workflows/{workflow_id}/publish")).json()["number"] == 1
    assert (await caller.post(address, json={"name": "Ada"})).status_code == 202


async def redraft(api: httpx.AsyncClient, workflow_id: str, document: dict[str, Any]) -> None:
    revision = (await api.get(f"/workflows/{workflow_id}")).json()["revision"]
    body = {"revision": revision, "document": document}
    assert (await api.put(f"/workflows/{workflow_id}/draft", json=body)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)  # fmt: skip
async def test_a_page_elsewhere_cannot_call_a_webhook_although_it_knows_the_address(
    api: httpx.AsyncClient,
    caller: httpx.AsyncClient,
    hello: dict[str, Any],
    method: str,
    headers: dict[str, str],
) -> None:
    _, address = await publish(api, hello, methods=["GET", "POST"], inputs={"name": "x"})
    assert (await caller.request(method, address, headers=headers)).status_code == 403
    assert (await caller.request(method, address)).status_code == 202
