"""The workflow document: what the canvas edits, git stores, the API exchanges and the compiler reads.

Models only. What a node's `config` may hold is the node type's own business (`engine.nodes`), and
whether the graph makes sense is the compiler's.
"""

import hashlib
import json
import operator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.ids import VersionHash

FORMAT: Literal["workbench/1"] = "workbench/1"
NODE_ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
"""A slug that MiniJinja can read as an attribute: `nodes.fetch_feed`."""


FAILURE_KIND_PATTERN = r"^[a-z][a-z0-9._-]{0,62}$"


def _is_none(value: object) -> bool:
    """Leave a field that was added later out of documents that do not use it: they stay what they were."""
    return value is None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Position(_Part):
    """Where a node's top left corner stands, in canvas pixels.

    Measured from the canvas's origin or, for a node with a `parent`, from that container's top left corner,
    so that a container takes its body along when it moves.
    """

    x: float = 0
    y: float = 0


class Size(_Part):
    """How large somebody drew a container, in canvas pixels; where its body needs more, it is larger."""

    width: float = Field(gt=0, le=100_000)
    height: float = Field(gt=0, le=100_000)


class Retry(_Part):
    """How often and how patiently a failed attempt is repeated; Temporal does the repeating."""

    attempts: int = Field(default=1, ge=1, le=100, description="Attempts in all, the first one included.")
    delay_s: float = Field(default=1.0, ge=0, le=86_400, description="Seconds before the second attempt.")
    backoff: float = Field(
        default=2.0, ge=1, le=10, description="Each further delay is this many times longer."
    )
    max_delay_s: float = Field(default=60.0, ge=0, le=86_400, description="No delay is longer than this.")
    not_on: list[Annotated[str, Field(pattern=FAILURE_KIND_PATTERN)]] = Field(
        default_factory=list,
        exclude_if=operator.not_,
        description="Kinds of failure that are not repeated, such as http.status; http stands for all http.…",
    )


class Concurrency(_Part):
    """At most `limit` nodes of a group work at once, in this run or in all runs of whoever started it."""

    group: str = Field(pattern=FAILURE_KIND_PATTERN, description="The group's name; nodes share it by name.")
    limit: int = Field(ge=1, le=1_000, description="How many of the group work at once.")
    across: Literal["run", "all"] = Field(
        default="run", description="Whether the limit holds in each run, or for all runs together."
    )


class PausePolicy(_Part):
    """Who decides about a node that failed and waits, and by when; nobody named: anybody who may decide.

    Who is named and may not decide any more is passed over, so that a run never waits for nobody.
    """

    people: list[str] = Field(
        default_factory=list,
        max_length=50,
        description="E-mail addresses of people, or names of groups, who decide; empty: anybody who may.",
    )
    priority: int = Field(default=3, ge=1, le=5, description="From 1, most urgent, to 5.")
    due_s: float | None = Field(
        default=None, gt=0, le=366 * 86_400, description="Seconds until somebody should have decided."
    )


class Policy(_Part):
    """What happens around a node's work rather than in it."""

    retry: Retry = Field(default_factory=Retry)
    timeout_s: float | None = Field(
        default=None,
        gt=0,
        le=7 * 86_400,
        description="Seconds one attempt may take; empty: the node type's default.",
    )
    total_timeout_s: float | None = Field(
        default=None,
        gt=0,
        le=30 * 86_400,
        exclude_if=_is_none,
        description="Seconds all attempts may take together, pauses included; empty: no limit.",
    )
    on_error: Literal["fail", "continue", "pause"] = Field(
        default="fail",
        description="After the last attempt: fail the run, go on along the error port, or wait for somebody.",
    )
    pause: PausePolicy | None = Field(
        default=None, exclude_if=_is_none, description="Who decides about the node while it waits."
    )
    cache: bool = Field(
        default=True,
        description="Whether a later run may reuse the output instead of running the node again.",
    )
    concurrency: Concurrency | None = Field(
        default=None, exclude_if=_is_none, description="The group with which the node shares a limit."
    )
    compensate: str | None = Field(
        default=None,
        pattern=NODE_ID_PATTERN,
        exclude_if=_is_none,
        description="The node that undoes this one's work when the run fails or is cancelled after it.",
    )


class Node(_Part):
    """One step: its type, its settings and where it stands. `size` is a container's, None: as its body needs.

    `parent` is the container (a `map` or a `loop`) in whose body the node stands, None outside of all.
    """

    id: str = Field(pattern=NODE_ID_PATTERN)
    type: str
    type_version: int = Field(default=1, ge=1)
    title: str = Field(default="", max_length=200)
    position: Position = Field(default_factory=Position)
    size: Size | None = Field(default=None, exclude_if=_is_none)
    parent: str | None = None
    config: dict[str, Any] = Field(default_factory=dict)
    policy: Policy = Field(default_factory=Policy)


class Edge(_Part):
    """A connection from a source's output port to a target's input port."""

    source: str
    source_port: str = "out"
    target: str
    target_port: str = "in"


class Limits(_Part):
    """What a run of the document may take, unless whoever starts it says otherwise; empty: without limit."""

    deadline_s: float | None = Field(
        default=None,
        gt=0,
        le=10 * 366 * 86_400,
        description="Seconds from the start of a run to its end; then it is cancelled.",
    )
    steps: int | None = Field(default=None, ge=1, description="Steps that a run may execute in all.")
    seconds: float | None = Field(
        default=None, gt=0, description="Seconds that the steps of a run may work in all, waiting left out."
    )
    on_reached: Literal["fail", "pause"] = Field(
        default="fail",
        description="A run that has used up its steps or seconds fails, or waits to be allowed more.",
    )


class Trigger(_Part):
    """What starts runs of a published version by itself. `inputs` makes a run's inputs out of `trigger`.

    What `config` may hold is the trigger type's own business (`engine.triggers`).
    """

    id: str = Field(pattern=NODE_ID_PATTERN)
    type: str
    enabled: bool = True
    config: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, Any] = Field(default_factory=dict)


class Document(_Part):
    """A whole workflow. `inputs` is a JSON Schema of type object; its `examples` hold sample inputs.

    `outputs` maps an output's name to the expression that makes it, evaluated when the run ends. They have
    to fit `output_schema`, a JSON Schema of type object by whose properties other workflows read them.
    `limits` bound a run in time and in work. `triggers` start runs of it once it is published.
    """

    format: Literal["workbench/1"] = FORMAT
    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    inputs: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    outputs: dict[str, Any] = Field(default_factory=dict)
    output_schema: dict[str, Any] = Field(default_factory=dict)
    limits: Limits = Field(default_factory=Limits)
    nodes: list[Node] = Field(default_factory=list)
    edges: list[Edge] = Field(default_factory=list)
    triggers: list[Trigger] = Field(default_factory=list)

    def canonical(self) -> str:
        """Return the document as JSON with sorted keys, indented, with a final newline: good to diff.

        Parts that came into the format later are left out while they are not used: an old text stays as is.
        """
        unused = {name for name in _LATER if getattr(self, name) == _LATER[name]}
        content = self.model_dump(mode="json", exclude=unused)
        return json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False) + "\n"

    def content_hash(self) -> VersionHash:
        """Return the SHA-256 (hex) of the document as JSON with sorted keys, no white space, no defaults.

        Without the defaults, so that a field which is added to the format later changes no hash.
        """
        content = self.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return VersionHash(hashlib.sha256(text.encode()).hexdigest())


_LATER: dict[str, Any] = {"output_schema": {}, "limits": Limits(), "triggers": []}
"""Parts of a document that its text does not mention when they are like this."""
