"""A request at a webhook's address: checked, turned into a run, and answered in time."""

import asyncio
import hashlib
import json
import math
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import structlog

from engine import expressions
from engine.errors import ExpressionError, NodeFailed, Problem
from engine.graph import Trigger
from engine.triggers import WebhookConfig
from engine.triggers.webhook import HmacCheck, OpenCheck, WaitForEnd, confidential, refusal
from workbench.auth.principal import Principal
from workbench.db import runs as run_queries
from workbench.db import triggers as queries
from workbench.db.ids import now
from workbench.db.tables import TriggerRow
from workbench.errors import Conflict, Invalid, NotFound, Unauthenticated, Unavailable
from workbench.services import inputs, live, runs
from workbench.services.access import everywhere
from workbench.services.resources import get_resources
from workbench.services.secrets import StoredSecrets
from workbench.services.shapes import RunDetail
from workbench.services.starts import TEMPORAL_S
from workbench.services.triggers import firing

log = structlog.get_logger(__name__)

LARGE_BYTES = 100_000
"""A larger body is read off the event loop."""

ASK_S = 15.0
"""How often it is asked whether a caller that waits may still have the answer."""

_waiting: set[asyncio.Timeout] = set()
"""The patience of every caller that waits."""


@dataclass(frozen=True)
class HookRequest:
    """A request as it came. Names of headers are in small letters; of repeated ones the last counts."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Accepted:
    """The run is stored, and has not ended or is not waited for."""

    run: RunDetail


@dataclass(frozen=True)
class Answered:
    """What the workflow answers: `body` is sent as text when it is text, else as JSON."""

    run: RunDetail
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Unanswered:
    """The run ended without an answer; `reason` is fit for strangers, the rest is for who may see the run."""

    run: RunDetail
    reason: str


HookAnswer = Accepted | Answered | Unanswered


@dataclass(frozen=True)
class Hook:
    """A webhook that listens."""

    row: TriggerRow
    trigger: Trigger
    config: WebhookConfig


async def find(address: str) -> Hook:
    """Return the webhook at an address; NotFound, always the same, when none listens there."""
    row = None
    if address.isascii() and address.isprintable() and len(address) <= 100:
        with everywhere():  # the address alone says whose it is
            row = await get_resources().read(lambda session: queries.at_address(session, address))
    if row is None:
        raise NotFound("There is no webhook at this address.")
    trigger = Trigger.model_validate(row.definition)
    return Hook(row, trigger, WebhookConfig.model_validate(trigger.config))


async def receive(hook: Hook, request: HookRequest) -> HookAnswer:
    """Start the run that a request asks for, and return the answer when it is there, or its time is over.

    Raises Unauthenticated, Invalid (nothing is started then) or Conflict; Unavailable when the database, or
    the webhook's secret, is not there. A caller that waits is refused, too, once its address or secret is
    no longer the webhook's.
    """
    answer = hook.config.answer
    deadline = asyncio.get_running_loop().time() + (answer.wait_s if isinstance(answer, WaitForEnd) else 0)
    await _check(hook, request)
    large = len(request.body) > LARGE_BYTES
    heard = await asyncio.to_thread(_heard, hook, request) if large else _heard(hook, request)
    patience_s = min(TEMPORAL_S, answer.wait_s) if isinstance(answer, WaitForEnd) else TEMPORAL_S
    try:
        run = await firing.fire(
            hook.row,
            heard,
            key=_key(hook.config, request),
            same=[request.method, hashlib.sha256(request.body).hexdigest()],
            patience_s=patience_s,
        )
    except Conflict as error:
        raise Conflict("This idempotency key was used for another request. Take a new key.") from error
    if not isinstance(answer, WaitForEnd):
        return Accepted(run)
    return await _answer(hook, answer, await _ended(hook, request, run, deadline))


async def _check(hook: Hook, request: HookRequest) -> None:
    check = hook.config.check
    if isinstance(check, OpenCheck):
        return
    try:
        secret = await StoredSecrets(get_resources()).of(hook.row.workspace_id, check.secret)
    except (KeyError, NodeFailed) as error:
        await firing.keep_problem(hook.row, f"The secret {check.secret} is not stored, or cannot be opened.")
        raise Unavailable("This webhook cannot check its callers at the moment.") from error
    reason = refusal(check, secret, headers=request.headers, query=request.query, body=request.body)
    if reason is not None:
        log.warning("hook.refused", trigger=hook.row.name, workflow_id=hook.row.workflow_id, reason=reason)
        raise Unauthenticated("The request does not prove that it may start a run.")


def _heard(hook: Hook, request: HookRequest) -> dict[str, Any]:
    """Return what the trigger's expressions read. Raises Invalid when the body is not what it must be."""
    body = _body(request)
    if (schema := hook.config.body_schema) is not None:
        problems = inputs.check_body(schema, body)
        if problems:
            raise Invalid("The body does not fit.", problems)
    headers, query = confidential(hook.config.check)
    return {
        "at": now().isoformat(),
        "method": request.method,
        "headers": {name: value for name, value in request.headers.items() if name not in headers},
        "query": {name: value for name, value in request.query.items() if name not in query},
        "body": body,
    }


def _body(request: HookRequest) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not request.body:
        return None
    try:
        text = request.body.decode()
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=1_000))
        if kind in ("", "application/json") or kind.endswith("+json"):
            return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        message = f"The body cannot be read: {reason}"
        raise Invalid(message, (Problem(code="bad-body", field="body", message=message),)) from error
    return text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _key(config: WebhookConfig, request: HookRequest) -> str | None:
    """Return the idempotency key of a request: a digest, since the header may hold anything."""
    if config.idempotency_header is None:
        return None
    given = request.headers.get(config.idempotency_header.lower())
    return hashlib.sha256(given.encode(errors="surrogateescape")).hexdigest()[:40] if given else None


async def _ended(hook: Hook, request: HookRequest, run: RunDetail, deadline: float) -> RunDetail:
    """Return the run when it has ended, or as it is when the time is over."""
    principal = firing.acts_as(hook.row)
    try:
        async with asyncio.timeout_at(deadline) as patience:
            _waiting.add(patience)
            if run.status not in run_queries.SETTLED:
                await _first(_end_of(principal, run.id), _no_longer_welcome(hook, request))
                return await runs.get_run(principal, run.id)
    except TimeoutError:
        log.info("hook.waited", run_id=run.id)
    finally:
        _waiting.discard(patience)
    return run


async def _end_of(principal: Principal, run_id: str) -> None:
    async for event in live.watch_run(principal, run_id):
        if event.run and event.run.status in run_queries.SETTLED:
            return


async def _no_longer_welcome(hook: Hook, request: HookRequest) -> None:
    """Raise NotFound or Unauthenticated as soon as the caller could not ask again what it has asked.

    A signature may grow old meanwhile: the request that it signs was in time.
    """
    aged = hook
    if isinstance(hook.config.check, HmacCheck):
        check = hook.config.check.model_copy(update={"tolerance_s": math.inf})
        aged = replace(hook, config=hook.config.model_copy(update={"check": check}))
    while True:
        await asyncio.sleep(ASK_S)
        await find(hook.row.address or "")
        await _check(aged, request)


async def _first(*waits: Awaitable[None]) -> None:
    """Return when the first of these has ended, or raise what ended it; the others are given up."""
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def stop_waiting() -> None:
    """Answer every caller that waits with where its run is: the process is told to stop."""
    for patience in tuple(_waiting):
        if not patience.expired():
            patience.reschedule(asyncio.get_running_loop().time())


async def _answer(hook: Hook, answer: WaitForEnd, run: RunDetail) -> HookAnswer:
    if run.status not in run_queries.SETTLED:
        return Accepted(run)
    if run.status != "succeeded":
        return Unanswered(run, "The run failed." if run.status == "failed" else "The run was cancelled.")
    context = {"outputs": run.outputs or {}, "run": {"id": run.id}}
    try:
        status, headers, body = await asyncio.to_thread(
            expressions.render, [answer.status, answer.headers, answer.body], context
        )
        return Answered(run, _status(status), _headers(headers), body)
    except ExpressionError as error:
        await firing.keep_problem(hook.row, f"The answer could not be made: {error}")
        return Unanswered(run, "The answer could not be made.")


def _status(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 200 <= value <= 599:
        return value
    raise ExpressionError("The status is no whole number from 200 to 599.")


def _headers(values: Mapping[str, Any]) -> dict[str, str]:
    headers = {name: expressions.text_of(value) for name, value in values.items()}
    for name, value in headers.items():
        if not (value.isprintable() and value.isascii() and len(value) <= 4_000):
            raise ExpressionError(f"The header {name} holds what a header cannot hold.")
    return headers
