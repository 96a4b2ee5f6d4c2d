"""The webhook: an HTTP request to an address of its own starts a run, and may wait for what it gives."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from engine.expressions import has_expression, read
from engine.triggers._base import NAME_IN_STORE, TriggerConfig, TriggerType, a_header_name

MOST_BYTES = 10_000_000
LONGEST_WAIT_S = 300
HeaderName = Annotated[str, AfterValidator(a_header_name)]
SecretName = Annotated[str, Field(pattern=NAME_IN_STORE, description="Its name among the stored secrets.")]

_OURS = frozenset(
    {
        "clear-site-data",
        "connection",
        "content-encoding",
        "content-length",
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "keep-alive",
        "service-worker-allowed",
        "set-cookie",
        "strict-transport-security",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-content-type-options",
        "x-frame-options",
    }
)
"""Headers that an answer cannot set: they speak for the whole workbench, or for the connection."""


class OpenCheck(TriggerConfig):
    """Whoever knows the address may call."""

    kind: Literal["none"] = "none"


class TokenCheck(TriggerConfig):
    """A request carries a token that equals a secret."""

    kind: Literal["token"] = "token"
    secret: SecretName
    place: Literal["header", "query"] = Field(default="header", description="Where the token stands.")
    name: str = Field(
        default="Authorization", min_length=1, max_length=100, description="The header or parameter."
    )
    prefix: str = Field(default="", max_length=100, description="What stands before the token: “Bearer ”.")

    @model_validator(mode="after")
    def _is_a_header(self) -> Self:
        if self.place == "header":
            a_header_name(self.name)
        return self


class HmacCheck(TriggerConfig):
    """A request is signed with a secret; the signature covers its body, and the time where one is sent.

    `signed` says what is signed: `{body}` is the body, `{timestamp}` what the timestamp's header holds. A
    header may hold several values between commas (`t=1,v1=…`); the prefixes tell them apart.
    """

    kind: Literal["hmac"] = "hmac"
    secret: SecretName
    header: HeaderName = Field(default="X-Hub-Signature-256", description="The header with the signature.")
    prefix: str = Field(default="sha256=", max_length=100, description="What stands before the signature.")
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    signed: str = Field(default="{body}", max_length=200, description="What is signed, around {body}.")
    timestamp_header: HeaderName | None = Field(
        default=None, description="The header with the time of sending, in Unix seconds."
    )
    timestamp_prefix: str = Field(default="", max_length=100)
    tolerance_s: int = Field(default=300, ge=1, le=86_400, description="How old a request may be, seconds.")

    @model_validator(mode="after")
    def _signs_what_it_checks(self) -> Self:
        if self.signed.count("{body}") != 1:
            raise ValueError("What is signed must hold {body} exactly once")
        if (self.timestamp_header is None) == ("{timestamp}" in self.signed):
            raise ValueError("A timestamp needs both its header and {timestamp} in what is signed")
        return self


class AtOnce(TriggerConfig):
    """Answer 202 with the run's address as soon as the run is stored."""

    mode: Literal["at_once"] = "at_once"


class WaitForEnd(TriggerConfig):
    """Wait for the run's end and answer with what it gave; after `wait_s` seconds, 202 with its address."""

    mode: Literal["wait"] = "wait"
    wait_s: float = Field(default=30, gt=0, le=LONGEST_WAIT_S, description="Seconds to wait at most.")
    status: int | str = Field(default=200, description="The answer's status: a number, or an expression.")
    headers: dict[HeaderName, str] = Field(default_factory=dict, description="Values may be expressions.")
    body: Any = Field(default="{{ outputs }}", description="Text, or any JSON value with expressions.")

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        if isinstance(self.status, int) and not 200 <= self.status <= 599:
            raise ValueError("The answer's status must be from 200 to 599")
        if isinstance(self.status, str) and not (has_expression(self.status) and read(self.status).native):
            raise ValueError("The answer's status must be a number or exactly one expression")
        for name in self.headers:
            if name.lower() in _OURS:
                raise ValueError(f"An answer cannot set the header {name}")
        return self


Check = Annotated[OpenCheck | TokenCheck | HmacCheck, Field(discriminator="kind")]
Answer = Annotated[AtOnce | WaitForEnd, Field(discriminator="mode")]


class WebhookConfig(TriggerConfig):
    """Which requests start a run, and how they are answered."""

    methods: list[Literal["GET", "POST", "PUT", "PATCH", "DELETE"]] = Field(
        default=["POST"], min_length=1, description="Which requests start a run."
    )
    check: Check = Field(default=OpenCheck(), description="How a caller proves that it may call.")
    body_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema of the body; one that does not match is refused."
    )
    max_bytes: int = Field(
        default=1_000_000, ge=0, le=MOST_BYTES, description="How large a body may be, in bytes."
    )
    answer: Answer = Field(default=AtOnce(), description="What a caller gets, and when.")
    idempotency_header: HeaderName | None = Field(
        default="Idempotency-Key", description="Requests with the same value there start one run."
    )


def refusal(
    check: Check, secret: str, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
) -> str | None:
    """Return why a request may not start a run, None when it may. Header names are in small letters.

    Compared in constant time. The reason is for our log; a caller is only told that it was refused.
    """
    match check:
        case OpenCheck():
            return None
        case TokenCheck():
            given = (headers if check.place == "header" else query).get(_place(check), "")
            return None if _same(given, check.prefix + secret) else "the token is missing or wrong"
        case HmacCheck():
            return _signature_refusal(check, secret, headers, body)


def confidential(check: Check) -> tuple[frozenset[str], frozenset[str]]:
    """Return the headers (small letters) and query parameters that hold what proves a caller."""
    headers = {"authorization", "cookie", "proxy-authorization"}
    query: set[str] = set()
    if isinstance(check, HmacCheck):
        headers.add(check.header.lower())
    if isinstance(check, TokenCheck):
        (headers if check.place == "header" else query).add(_place(check))
    return frozenset(headers), frozenset(query)


def _place(check: TokenCheck) -> str:
    return check.name.lower() if check.place == "header" else check.name


def _signature_refusal(check: HmacCheck, secret: str, headers: Mapping[str, str], body: bytes) -> str | None:
    sent = ""
    if check.timestamp_header is not None:
        sent = next(iter(_values(headers, check.timestamp_header, check.timestamp_prefix)), "")
        if not (sent.isascii() and sent.isdigit() and len(sent) < 15):
            return "the timestamp is missing or no number"
        if abs(time.time() - int(sent)) > check.tolerance_s:
            return "the timestamp is too far from now"
    before, _, after = check.signed.replace("{timestamp}", sent).partition("{body}")
    expected = hmac.digest(secret.encode(), before.encode() + body + after.encode(), check.algorithm)
    given = [_decoded(check, value) for value in _values(headers, check.header, check.prefix)]
    # Every value is compared, whichever matches: the time taken says nothing.
    matches = [hmac.compare_digest(value, expected) for value in given]
    return None if any(matches) else "the signature is missing or wrong"


def _values(headers: Mapping[str, str], name: str, prefix: str) -> list[str]:
    """Return the values of a header that begin with a prefix, without it."""
    parts = [part.strip() for part in headers.get(name.lower(), "").split(",")][:20]
    return [part.removeprefix(prefix) for part in parts if part and part.startswith(prefix)]


def _decoded(check: HmacCheck, value: str) -> bytes:
    """Return the bytes of a signature, as many as there must be; others never match."""
    size = hashlib.new(check.algorithm).digest_size
    try:
        found = bytes.fromhex(value) if check.encoding == "hex" else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return b"\0" * (size + 1)
    return found


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(
        hashlib.sha256(given.encode(errors="surrogateescape")).digest(),
        hashlib.sha256(expected.encode()).digest(),
    )


def _answers(config: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = config.get("answer")
    if not isinstance(answer, Mapping) or answer.get("mode") != "wait":
        return {}
    return {f"answer.{name}": answer[name] for name in ("status", "headers", "body") if name in answer}


WEBHOOK = TriggerType(
    type="webhook",
    title="Webhook",
    summary="A request to an address of its own",
    icon="webhook",
    config=WebhookConfig,
    reads={
        "id": "The trigger's id.",
        "type": "webhook",
        "at": "When the request came, ISO 8601.",
        "method": "The request's method.",
        "headers": "The request's headers, names in small letters; those that prove the caller are left out.",
        "query": "The parameters of the address.",
        "body": "The body: a JSON value, the fields of a form, or text.",
    },
    answers=_answers,
)
