"""Another workflow's end: each of its runs that ends in the right way starts a run of this one."""

from typing import Literal

from pydantic import Field

from engine.triggers._base import TriggerConfig, TriggerType

Status = Literal["succeeded", "failed", "cancelled"]


class WorkflowEndConfig(TriggerConfig):
    """Whose runs are followed, and which of their ends count."""

    workflow: str = Field(min_length=1, max_length=100, description="The followed workflow's id.")
    statuses: list[Status] = Field(default=["succeeded"], min_length=1, description="Which ends count.")


WORKFLOW_END = TriggerType(
    type="workflow_end",
    title="Another workflow's end",
    summary="The end of a run of another workflow",
    icon="link",
    config=WorkflowEndConfig,
    reads={
        "id": "The trigger's id.",
        "type": "workflow_end",
        "at": "When the run ended, ISO 8601.",
        "run": "The run that ended: its id, workflow_id, workflow_name and version.",
        "status": "How it ended: succeeded, failed or cancelled.",
        "outputs": "What it gave back; none unless it succeeded.",
        "error": "Why it failed: kind, message, hint and node; none unless it failed.",
    },
)
