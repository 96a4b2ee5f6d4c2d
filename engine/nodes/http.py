"""The `http` node: one request to a web service."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from engine.contracts import ActivityStep, Attempts
from engine.expressions import has_expression
from engine.graph import Node, Policy
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, Port, select, text, widget
from engine.nodes._fields import a_header_name, a_status, a_web_address_or_expression

DEFAULT_TIMEOUT_S = 10.0
LOCAL_LIMIT_S = 10.0
"""An attempt, and a pause between attempts, of up to this long is run as a local activity."""

Status = Annotated[int, Field(ge=100, le=599)] | Annotated[str, AfterValidator(a_status)]


class HttpConfig(NodeConfig):
    """The request, and what counts as a good answer."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = Field(
        default="GET", title="Method", description="The request's method.", json_schema_extra=widget("select")
    )
    url: Annotated[str, AfterValidator(a_web_address_or_expression)] = Field(
        min_length=1,
        title="URL",
        description="Where the request goes; may hold expressions.",
        examples=["https://api.example.com/items/{{ inputs.id }}"],
        json_schema_extra=widget("expression", secrets=True),
    )
    headers: dict[Annotated[str, AfterValidator(a_header_name)], str] = Field(
        default_factory=dict,
        title="Headers",
        description="Request headers; values may hold expressions and secrets.",
        examples=[{"Authorization": "Bearer {{ secrets.API_TOKEN }}"}],
        json_schema_extra=widget("keyvalue", secrets=True),
    )
    query: dict[str, Any] = Field(
        default_factory=dict,
        title="Query",
        description="Added to the URL as ?name=value; a list repeats the name, none leaves it out.",
        examples=[{"page": "{{ inputs.page }}"}],
        json_schema_extra=widget("keyvalue", secrets=True),
    )
    body_kind: Literal["none", "json", "text", "form"] = Field(
        default="none",
        title="Body kind",
        description="How the body is sent: not at all, as JSON, as text, or as a form (an object).",
        json_schema_extra=select({"none": "No body", "json": "JSON", "text": "Text", "form": "Form"}),
    )
    body: Any = Field(
        default=None,
        title="Body",
        description="Text, or any JSON value; strings in it may be expressions.",
        examples=[{"title": "{{ nodes.draft.output.title }}"}],
        json_schema_extra=widget("json", secrets=True),
    )
    expected_status: list[Status] = Field(
        default=["2xx"],
        min_length=1,
        title="Expected status",
        description="Status codes or classes that count as success; any other fails the step.",
        examples=[["2xx", 404]],
        json_schema_extra=widget("json"),
    )
    response: Literal["auto", "json", "text", "file"] = Field(
        default="auto",
        title="Response",
        description="How the answer is read; auto goes by its content type, file keeps the bytes.",
        json_schema_extra=select(
            {"auto": "By its content type", "json": "As JSON", "text": "As text", "file": "As a file"}
        ),
    )
    follow_redirects: bool = Field(
        default=True,
        title="Follow redirects",
        description="Go on to the address that a 3xx answer names; each one is checked again.",
        json_schema_extra=widget("switch"),
    )

    @model_validator(mode="after")
    def _form_is_an_object(self) -> Self:
        literal = not (isinstance(self.body, str) and has_expression(self.body))
        if self.body_kind == "form" and literal and not isinstance(self.body, dict):
            raise ValueError("The body of a form must be an object of names and values")
        return self


def plan(node: Node, ctx: PlanContext) -> ActivityStep:
    """Return the step that sends the request in an activity."""
    timeout_s = node.policy.timeout_s or DEFAULT_TIMEOUT_S
    attempts = attempts_of(node.policy)
    pause_s = min(attempts.delay_s, attempts.max_delay_s) if attempts.maximum > 1 else 0.0
    return ActivityStep(
        **ctx.base(node),
        config=ctx.config.model_dump(),
        secret_fields=ctx.secret_fields,
        reads=ctx.reads,
        timeout_s=timeout_s,
        attempts=attempts,
        local=timeout_s <= LOCAL_LIMIT_S and pause_s <= LOCAL_LIMIT_S,
    )


def attempts_of(policy: Policy) -> Attempts:
    """Return the retry policy that the plan carries."""
    retry = policy.retry
    return Attempts(
        maximum=retry.attempts,
        delay_s=retry.delay_s,
        backoff=retry.backoff,
        max_delay_s=retry.max_delay_s,
        not_on=tuple(retry.not_on),
        total_s=policy.total_timeout_s,
    )


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: `GET {{ inputs.url }}`."""
    return text(f"{config.get('method') or 'GET'} {config.get('url') or '…'}")


HTTP = NodeType(
    type="http",
    version=1,
    title="HTTP request",
    summary="Sends a request to a web service and gives back the answer.",
    help=(
        "Its output is the answer's body: a JSON value, text, or a file. A field of a JSON answer is "
        "`{{ nodes.fetch.output.title }}`.\n\n"
        "An answer with another than the expected status, or none in time, fails the step. With **on "
        "error: continue** the run then goes on along the port **error**, and "
        "`{{ nodes.fetch.error.message }}` says why. Repeating and the time limit are set in the step's "
        "policy.\n\n"
        "`{{ secrets.NAME }}` may stand in the URL, headers, query and body."
    ),
    icon="globe",
    category="Web",
    config=HttpConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("out", "Out"), Port("error", "Error")),
    default_timeout_s=DEFAULT_TIMEOUT_S,
)
