"""The trigger types: what can start runs of a published version by itself.

To add one: a file in this folder, a line in `TRIGGER_TYPES`, and in the
application what arms it.
"""

from collections.abc import Mapping
from typing import Any

from engine.triggers._base import TriggerConfig, TriggerType
from engine.triggers.schedule import SCHEDULE, ScheduleConfig
from engine.triggers.webhook import WEBHOOK, WebhookConfig
from engine.triggers.workflow_end import WORKFLOW_END, WorkflowEndConfig

__all__ = [
    "ANSWER_READS",
    "TRIGGER_TYPES",
    "ScheduleConfig",
    "TriggerConfig",
    "TriggerType",
    "WebhookConfig",
    "WorkflowEndConfig",
    "config_schema",
    "get",
]

TRIGGER_TYPES: tuple[TriggerType, ...] = (WEBHOOK, SCHEDULE, WORKFLOW_END)

ANSWER_READS: Mapping[str, str] = {"id": "The run's id.", "status": "How it ended."}
"""What an answer's expressions may read of `run`."""

_BY_TYPE: Mapping[str, TriggerType] = {kind.type: kind for kind in TRIGGER_TYPES}


def get(type: str) -> TriggerType:
    """Return the trigger type named `type`; KeyError, which lists the known ones, when there is none."""
    try:
        return _BY_TYPE[type]
    except KeyError:
        known = ", ".join(_BY_TYPE)
        raise KeyError(f"There is no trigger type {type!r}; the trigger types are {known}") from None


def config_schema(kind: TriggerType) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a trigger type's settings."""
    schema: dict[str, Any] = kind.config.model_json_schema()
    return schema
