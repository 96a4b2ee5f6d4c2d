"""Does the work of `http` nodes: one request, and its answer as JSON, text or a file."""

import asyncio
import json
import mimetypes
import re
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any, Literal, assert_never
from urllib.parse import unquote

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from engine.errors import Failure, NodeFailed
from engine.outbound import Answer, OutboundClient
from engine.ports import AdapterCall, AdapterOutput

MAX_VALUE = 16 * 1024 * 1024
"""Bytes of JSON or text that may become a value in a workflow; a file may be as long as the policy says."""

PARSED_ASIDE = 256 * 1024
"""Longer JSON is parsed in a thread, so that other steps go on meanwhile."""

RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)

Body = Literal["none", "json", "text", "form"]
Response = Literal["auto", "json", "text", "file"]


class HttpCall(BaseModel):
    """A rendered config: what the node type's own model describes, with its expressions evaluated."""

    model_config = ConfigDict(extra="ignore")

    method: str = "GET"
    url: str
    headers: dict[str, Any] = {}
    query: dict[str, Any] = {}
    body_kind: Body = "none"
    body: Any = None
    expected_status: list[int | str] = ["2xx"]
    response: Response = "auto"
    follow_redirects: bool = True


class HttpAdapter:
    """Sends the request through the guarded client. Its output is the answer's body."""

    type = "http"

    def __init__(self, outbound: OutboundClient) -> None:
        self._outbound = outbound

    async def run(self, call: AdapterCall) -> AdapterOutput:
        """Send the request; NodeFailed for an unexpected status or an answer that cannot be read."""
        config = _parsed(call.config)
        body, content_type = _content(config)
        headers = _headers(config)
        if content_type:
            headers.setdefault("Content-Type", content_type)
        if config.method in UNSAFE:
            headers.setdefault("Idempotency-Key", call.idempotency_key)
        answer = await self._outbound.fetch(
            config.method,
            _url(config),
            headers=headers,
            content=body,
            follow_redirects=config.follow_redirects,
            max_bytes=None if config.response in ("auto", "file") else MAX_VALUE,
        )
        if not _expected(answer.status, config.expected_status):
            raise _unexpected(answer, config.expected_status)
        return await _output(answer, config, call)


def _parsed(config: Mapping[str, Any]) -> HttpCall:
    try:
        return HttpCall.model_validate(config)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        failure = Failure(
            kind="http.bad-request",
            message=f"{field}: {first['msg']}",
            hint=f"Look at what the expressions in {field} give.",
        )
        raise NodeFailed(failure) from None


FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})
"""Headers that say where a message ends: they follow from the body, and another value breaks the request."""


def _headers(config: HttpCall) -> httpx.Headers:
    """Return the headers; the client refuses what no header can hold."""
    given = {name: str(value) for name, value in config.headers.items() if value is not None}
    if framing := sorted(FRAMING & {name.lower() for name in given}):
        failure = Failure(
            kind="http.bad-request",
            message=f"The header {framing[0]} cannot be set: it follows from the body",
            hint="Leave it out.",
        )
        raise NodeFailed(failure)
    return httpx.Headers(given, encoding="utf-8")


def _url(config: HttpCall) -> str:
    """Return the URL with the query added to what it has; none leaves a name out, a list repeats it."""
    query = {name: _plain(value) for name, value in config.query.items() if value is not None}
    if not query:
        return config.url.strip()
    try:
        return str(httpx.URL(config.url.strip()).copy_merge_params(query))
    except httpx.InvalidURL as error:
        raise NodeFailed(Failure(kind="http.bad-url", message=f"The URL is not valid: {error}")) from None


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value if item is not None]
    return json.dumps(value) if isinstance(value, dict | bool) else str(value)


def _content(config: HttpCall) -> tuple[bytes | None, str | None]:
    """Return the request's body and the content type it has unless the headers say otherwise."""
    match config.body_kind:
        case "none":
            return None, None
        case "json":
            return json.dumps(config.body, ensure_ascii=False).encode(), "application/json"
        case "text":
            text = (
                config.body if isinstance(config.body, str) else json.dumps(config.body, ensure_ascii=False)
            )
            return text.encode(), "text/plain; charset=utf-8"
        case "form":
            return _form(config.body), "application/x-www-form-urlencoded"
        case _:
            assert_never(config.body_kind)


def _form(body: Any) -> bytes:
    if not isinstance(body, Mapping):
        failure = Failure(
            kind="http.bad-request",
            message="The body of a form must be an object of names and values",
            hint='Write {"name": value}, or send the body as JSON or text.',
        )
        raise NodeFailed(failure)
    fields = {name: _plain(value) for name, value in body.items() if value is not None}
    return str(httpx.QueryParams(fields)).encode()


def _expected(status: int, expected: list[int | str]) -> bool:
    forms = {str(status), f"{status // 100}xx"}
    return any(str(item).lower() in forms for item in expected)


def _unexpected(answer: Answer, expected: list[int | str]) -> NodeFailed:
    wanted = ", ".join(str(item) for item in expected)
    said = " ".join(answer.body[:2000].decode("utf-8", "replace").split())[:300]
    failure = Failure(
        kind="http.status",
        message=f"The service answered {answer.status}, expected {wanted}" + (said and f": {said}"),
        hint="Check the address and what is sent, or add the status to the expected ones.",
    )
    return NodeFailed(failure, retryable=answer.status in RETRYABLE)


async def _output(answer: Answer, config: HttpCall, call: AdapterCall) -> AdapterOutput:
    kind = _read_as(answer) if config.response == "auto" else config.response
    match kind:
        case "json":
            _check_size(answer)
            return AdapterOutput(await _json(answer))
        case "text":
            _check_size(answer)
            return AdapterOutput(_text(answer), media_type=answer.media_type or "text/plain")
        case "file":
            ref = await call.blobs.put(answer.body)
            media_type = answer.media_type or "application/octet-stream"
            name = _file_name(answer, media_type)
            value = {"$artifact": ref, "media_type": media_type, "name": name, "size": len(answer.body)}
            return AdapterOutput(value, media_type=media_type)
        case _:
            assert_never(kind)


def _read_as(answer: Answer) -> Literal["json", "text", "file"]:
    """Choose by the content type; an empty answer is JSON's null."""
    media_type = answer.media_type
    if not answer.body or media_type == "application/json" or media_type.endswith("+json"):
        return "json"
    textual = media_type.startswith("text/") or media_type.endswith(("+xml", "/xml", "/javascript", "/yaml"))
    return "text" if textual else "file"


def _check_size(answer: Answer) -> None:
    if len(answer.body) > MAX_VALUE:
        failure = Failure(
            kind="http.too-large",
            message=f"The answer has {len(answer.body) / 2**20:.0f} of at most {MAX_VALUE // 2**20} MiB",
            hint="Ask for less at a time, or keep the response as a file.",
        )
        raise NodeFailed(failure)


async def _json(answer: Answer) -> Any:
    if not answer.body.strip():
        return None
    text = answer.body if _charset(answer) == "utf-8" else _text(answer).encode()
    try:
        if len(text) > PARSED_ASIDE:
            return await asyncio.to_thread(_loads, text)
        return _loads(text)
    except ValueError as error:
        failure = Failure(
            kind="http.bad-json",
            message=f"The answer is not JSON: {error}",
            hint="Read the response as text to see what the service sends.",
        )
        raise NodeFailed(failure) from None


def _loads(text: bytes) -> Any:
    return from_json(text.removeprefix(b"\xef\xbb\xbf"), allow_inf_nan=False)


def _charset(answer: Answer) -> str:
    found = _CHARSET.search(answer.headers.get("content-type", ""))
    return found[1].lower() if found else "utf-8"


def _text(answer: Answer) -> str:
    try:
        return answer.body.decode(_charset(answer), "replace")
    except LookupError:
        return answer.body.decode("utf-8", "replace")


def _file_name(answer: Answer, media_type: str) -> str:
    """Return the name the service gives the file, or the last part of its address."""
    message = EmailMessage()
    message["content-disposition"] = answer.headers.get("content-disposition", "attachment")
    given = message.get_filename() or unquote(answer.url.path.rsplit("/", 1)[-1])
    name = given.replace("\\", "/").rsplit("/", 1)[-1].strip().strip(".")
    return name[:200] or f"download{mimetypes.guess_extension(media_type) or ''}"
