"""The `subworkflow` node: runs a published version of another workflow, as a run of its own."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from engine.contracts import SubworkflowStep
from engine.graph import Node
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, Port, text, widget
from engine.nodes.http import attempts_of

CONTENT_HASH = re.compile(r"[0-9a-f]{64}")


def _a_content_hash(value: str) -> str:
    if not CONTENT_HASH.fullmatch(value):
        raise ValueError("Must be the number of a published version, or the content hash of one")
    return value


class SubworkflowConfig(NodeConfig):
    """Which version of which workflow, and what it works on."""

    workflow: str = Field(
        default="",
        max_length=64,
        title="Workflow",
        description="The workflow to run; not needed where the version is a content hash.",
        json_schema_extra=widget("workflow"),
    )
    version: Annotated[int, Field(ge=1)] | Annotated[str, AfterValidator(_a_content_hash)] = Field(
        title="Version",
        description="The published version that is run, whatever is published later.",
        examples=[1],
        json_schema_extra=widget("version"),
    )
    inputs: dict[str, Any] = Field(
        default_factory=dict,
        title="Inputs",
        description="The inputs of its run by their names; strings in them may be expressions.",
        examples=[{"name": "{{ inputs.name }}"}],
        json_schema_extra=widget("keyvalue"),
    )

    @model_validator(mode="after")
    def _a_number_is_some_workflows(self) -> Self:
        if isinstance(self.version, int) and not self.workflow:
            raise ValueError("Must name the workflow whose version this is")
        return self

    @property
    def pin(self) -> str:
        """What names the version within a run."""
        return f"{self.workflow}@{self.version}"


def plan(node: Node, ctx: PlanContext) -> SubworkflowStep:
    """Return the step that begins the other run and waits for its end."""
    config = ctx.config
    assert isinstance(config, SubworkflowConfig)
    return SubworkflowStep(
        **ctx.base(node),
        pin=config.pin,
        inputs=dict(config.inputs),
        timeout_s=node.policy.timeout_s,
        attempts=attempts_of(node.policy),
    )


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: which version."""
    version = config.get("version")
    if not version:
        return "No workflow yet"
    return text(f"Version {version}" if isinstance(version, int) else f"Version {str(version)[:12]}")


SUBWORKFLOW = NodeType(
    type="subworkflow",
    version=1,
    title="Sub-workflow",
    summary="Runs a published version of another workflow and waits for its end.",
    help=(
        "The other workflow gets a run of its own, with its own page; this step's output is that run's "
        "outputs: `{{ nodes.call.output.greeting }}`. Its failure is this step's failure: with **on error: "
        "continue** the run goes on along the port **error**.\n\n"
        "Only a **published** version can be run, and it stays the same one until you choose another: "
        "editing or publishing the other workflow changes no run of this one. The inputs have to fit its "
        "schema. A time limit in the step's policy is the other run's deadline; cancelling or terminating "
        "this run does the same to the other one."
    ),
    icon="workflow",
    category="Control flow",
    config=SubworkflowConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("out", "Out"), Port("error", "Error")),
    retried=True,
)
