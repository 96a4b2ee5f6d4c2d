"""Request bodies: bounded before they are read, and documents taken apart off the event loop."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine import compiler
from engine.errors import Problem
from engine.graph import Document
from workbench.errors import Invalid
from workbench.services import documents

MAX_BYTES = 10_000_000
"""What a body may have. A workflow of 10,000 nodes has about 4 MB."""

DRAINED_BYTES = 200_000_000
"""So much of a body that is too large is still taken and thrown away, so that the client reads our answer."""


class BodyTooLarge(HTTPException):
    """The body has more than MAX_BYTES."""

    def __init__(self) -> None:
        super().__init__(422, f"The body is larger than {MAX_BYTES / 1e6:.0f} MB; no more is read.")
        self.problem = Problem(
            code="too-large",
            message=self.detail,
            hint="Keep large data in files or behind a URL, and fetch it in a step.",
        )


class BodyLimit:
    """ASGI middleware: a body that is too large is never held in memory; reading it raises BodyTooLarge."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a bounded body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken <= MAX_BYTES:
                return message
            while message.get("more_body") and taken <= DRAINED_BYTES:
                message = await receive()
                taken += len(message.get("body", b""))
            raise BodyTooLarge

        await self._app(scope, bounded, send)


async def read_object(request: Request) -> Mapping[str, Any]:
    """Return the JSON object in the body. Raises Invalid, with the reason as a problem."""
    body = await request.body()
    try:
        value = await asyncio.to_thread(json.loads, body) if len(body) > 100_000 else json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise _refused("not-json", f"The body is not JSON: {reason}", "Send application/json.") from error
    if not isinstance(value, dict):
        raise _refused("not-an-object", "The body is not a JSON object.", 'Send {"document": …}.')
    return value


async def read_document(value: Any) -> Document:
    """Return the document in `value`. Raises Invalid with everything that is wrong with it.

    A draft that is merely unfinished passes; see `documents.unfinished`.
    """
    if not isinstance(value, Mapping):
        raise _refused(
            "no-document", "There is no document in the body.", 'Send {"document": {…}}.', "document"
        )
    document, problems = await asyncio.to_thread(compiler.examine, value)
    if document is None or not all(map(documents.unfinished, problems)):
        raise Invalid(_summary(problems), problems)
    return document


def _summary(problems: tuple[Problem, ...]) -> str:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"The document cannot be used: {problems[0].message}{more}"


def _refused(code: str, message: str, hint: str, field: str | None = None) -> Invalid:
    return Invalid(message, (Problem(code=code, field=field, message=message, hint=hint),))
