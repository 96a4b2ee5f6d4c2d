"""What a trigger type is: its settings, and what its expressions may read of `trigger`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

NAME_IN_STORE = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class TriggerConfig(BaseModel):
    """Base of every trigger type's settings: unknown fields are refused, values stay as they are."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _nothing_to_answer(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


ConfigModel = type[TriggerConfig]


@dataclass(frozen=True)
class TriggerType:
    """A kind of trigger. `reads` are the fields of `trigger` that its inputs may name, each explained.

    `answers` returns the settings whose expressions are evaluated when the run has ended, over `outputs`
    and `run`; they are named by their paths in the settings.
    """

    type: str
    title: str
    summary: str
    icon: str
    config: ConfigModel
    reads: Mapping[str, str]
    answers: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _nothing_to_answer


def a_header_name(value: str) -> str:
    """Return `value` when it is a header's name (RFC 9110, 5.1); ValueError otherwise."""
    if not HEADER_NAME.fullmatch(value):
        raise ValueError("Must be a header's name: letters, digits and - such as X-Signature")
    return value
