"""`/hooks`: where programs elsewhere call webhooks. Whoever has no address to call learns nothing here."""

import json
from typing import assert_never

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from workbench.api.problems import respond
from workbench.services.shapes import RunDetail, Shape
from workbench.services.triggers import hooks

router = APIRouter(tags=["webhooks"])

_SAFE = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""An answer is made by a document: a browser that opens it here runs nothing of it on our origin."""


class Accepted(Shape):
    """The run that a request started, and where it can be read."""

    run_id: str
    status: str
    href: str


@router.api_route(
    "/hooks/{address:path}",
    methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
    include_in_schema=False,
)
async def receive(request: Request, address: str) -> Response:
    """Start the run that a webhook's caller asks for; see the trigger in the workflow's document."""
    hook = await hooks.find(address)
    if request.method not in hook.config.methods:
        allowed = ", ".join(hook.config.methods)
        detail = f"{request.method} is not possible here; {allowed} is."
        raise HTTPException(405, detail, headers={"Allow": allowed})
    answer = await hooks.receive(
        hook,
        hooks.HookRequest(
            method=request.method,
            headers={name.lower(): value for name, value in request.headers.items()},
            query=dict(request.query_params),
            body=await _body(request, hook.config.max_bytes),
        ),
    )
    return _response(answer)


async def _body(request: Request, most: int) -> bytes:
    """Return the body; one that is larger is taken and thrown away, so that the caller reads our answer."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= most:
            parts.append(part)
    if size > most:
        raise HTTPException(413, f"The body is larger than {most:,} bytes.")
    return b"".join(parts)


def _response(answer: hooks.HookAnswer) -> Response:
    match answer:
        case hooks.Accepted(run):
            body = Accepted(run_id=run.id, status=run.status, href=_href(run))
            return JSONResponse(body.model_dump(), 202, {"Location": _href(run), "Cache-Control": "no-store"})
        case hooks.Answered(_, status, headers, body):
            return _answered(status, {**headers, **_SAFE}, body)
        case hooks.Unanswered(run, reason):
            detail = f"{reason} It was run {run.id}."
            return respond(500, detail, code="run-failed", headers={"Location": _href(run)})
        case _:
            assert_never(answer)


def _answered(status: int, headers: dict[str, str], body: object) -> Response:
    """Return the answer that a workflow made: text as it is, anything else as JSON."""
    named = {name.lower() for name in headers}
    if status in (204, 304):
        return Response(None, status, headers)
    if isinstance(body, str):
        kind = None if "content-type" in named else "text/plain; charset=utf-8"
        return Response(body, status, headers, media_type=kind)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, headers, media_type=None if "content-type" in named else "application/json")


def _href(run: RunDetail) -> str:
    return f"/api/v1/runs/{run.id}"
