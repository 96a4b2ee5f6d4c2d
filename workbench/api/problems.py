"""Every error of the API is `application/problem+json` (RFC 9457): what happened, and what to do about it.

Nothing of the program's inside leaves it: an unforeseen error is logged with a reference, and the reference
is all that the client gets.
"""

from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine.errors import Problem
from workbench.api.bodies import BodyTooLarge
from workbench.db.json_text import dumps
from workbench.errors import Invalid, StaleRevision, TooMany, Unauthenticated, WorkbenchError

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
HOOKS = "/api/v1/hooks/"

_TITLES = {
    400: ("bad-request", "The request cannot be read"),
    401: ("unauthenticated", "Who calls is not proven"),
    403: ("forbidden", "Not allowed"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "The method is not allowed here"),
    409: ("conflict", "The state has moved on"),
    413: ("too-large", "Too large"),
    415: ("unsupported-media-type", "The media type is not supported"),
    422: ("invalid", "What was sent has problems"),
    429: ("too-many", "Tried too often"),
    431: ("headers-too-large", "The headers are too large"),
    500: ("internal", "Something went wrong inside the workbench"),
    503: ("unavailable", "A service behind the workbench does not answer"),
}


class ProblemDetails(BaseModel):
    """The body of every error. `problems` name what to mend; the revisions come with a stale draft."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    problems: list[Problem] | None = None
    based_on: int | None = None
    current: int | None = None
    reference: str | None = None


def _described(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": _described("What was sent cannot be done; the body says why."),
    422: _described("What was sent has problems; the body names them all."),
    "5XX": _described("The workbench, or a service behind it, failed."),
}
"""For a router's `responses`: how errors look, in the OpenAPI document."""


def respond(status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """Return the response for an error; `more` are further fields of ProblemDetails.

    What was sent is quoted in some: a lone surrogate in it, which UTF-8 does not have, becomes U+FFFD.
    """
    code, title = _TITLES.get(status, ("error", "The request failed"))
    values = {"code": code, "title": title, "status": status, "detail": detail, **more}
    body = ProblemDetails.model_validate(values).model_dump(mode="json", exclude_none=True)
    return Response(dumps(body), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def public_path(path: str) -> str:
    """Return a path as it may stand in a log: the address of a webhook is a secret."""
    return f"{HOOKS}…" if path.startswith(HOOKS) else path


def install(app: FastAPI) -> None:
    """Make `app` answer every error with a problem."""
    app.add_exception_handler(WorkbenchError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(Exception, _unforeseen)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, WorkbenchError)
    more: dict[str, Any] = {"code": error.code, "instance": request.url.path}
    if isinstance(error, Invalid):
        more["problems"] = error.problems
    if isinstance(error, StaleRevision):
        more |= {"based_on": error.based_on, "current": error.current}
    if error.status >= 500:
        log.warning("api.error", code=error.code, path=public_path(request.url.path), error=str(error))
    return respond(error.status, str(error), headers=_headers(error, request.url.path), **more)


def _headers(error: WorkbenchError, path: str) -> dict[str, str] | None:
    """Return what goes with an error: when to try again, or by what to prove who one is."""
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.retry_after_s)}
    proves = isinstance(error, Unauthenticated) and not path.startswith(HOOKS)
    return {"WWW-Authenticate": "Bearer"} if proves else None


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [
        Problem(
            code=f"request-{item['type'].replace('_', '-')}", field=_field(item["loc"]), message=item["msg"]
        )
        for item in error.errors()
    ]
    detail = f"{problems[0].field}: {problems[0].message}" if problems else "The request cannot be read."
    return respond(422, detail, instance=request.url.path, problems=problems)


def _field(location: tuple[int | str, ...]) -> str:
    """Return `inputs.a[0]` for where in the body, or in the query, something is wrong."""
    text = ""
    for part in location[1:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or str(location[0])


async def _of_the_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers) if error.headers else None
    if isinstance(error, BodyTooLarge):
        more: dict[str, Any] = {"code": error.problem.code, "problems": [error.problem]}
        return respond(error.status_code, str(error.detail), instance=request.url.path, **more)
    return respond(error.status_code, str(error.detail), headers=headers, instance=request.url.path)


async def _unstorable(request: Request, error: Exception) -> Response:
    """Answer for a value of the request that the database refuses, and nothing was changed."""
    log.warning("api.unstorable", path=public_path(request.url.path), error=type(error).__name__)
    problem = Problem(
        code="unstorable",
        message="It holds a character or a number that cannot be stored, such as U+0000.",
        hint="Take out what cannot be seen in a text; keep numbers within 64 bits.",
    )
    detail = f"Something that was sent cannot be stored. {problem.hint}"
    return respond(422, detail, instance=request.url.path, problems=[problem])


async def _unforeseen(request: Request, error: Exception) -> Response:
    reference = uuid4().hex[:8]
    log.error("api.unforeseen", reference=reference, path=public_path(request.url.path), exc_info=error)
    detail = f"Something went wrong. The log of the web process has it under the reference {reference}."
    return respond(500, detail, instance=request.url.path, reference=reference)
