"""On which occasions people are told something, in their words, and what reaches them at first."""

from collections.abc import Collection
from typing import Literal, get_args

Occasion = Literal[
    "asked",
    "asked_anybody",
    "reminded",
    "escalated",
    "delegated",
    "mentioned",
    "decided",
    "expired",
    "run_failed",
    "message",
]

OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)

LABELS: dict[Occasion, str] = {
    "asked": "I or a group of mine am asked to decide",
    "asked_anybody": "Anybody may decide, and so may I",
    "reminded": "A task that I am asked about is due soon",
    "escalated": "A task is escalated to me",
    "delegated": "Somebody delegates a task to me",
    "mentioned": "Somebody mentions me in a comment",
    "decided": "A task of a run that I started was decided",
    "expired": "A task that I was asked about, or of a run that I started, expired",
    "run_failed": "A run that I started failed",
    "message": "A workflow sends me a message",
}
"""What a person reads beside each switch."""

OF_WORKSPACE: dict[Occasion, str] = {
    "asked": "People are asked to decide",
    "asked_anybody": "Anybody may decide",
    "reminded": "A task is due soon",
    "escalated": "A task is escalated",
    "delegated": "A task is delegated",
    "decided": "A task was decided",
    "expired": "A task expired",
    "run_failed": "A run failed",
}
"""The same for a channel of a workspace. Mentions are a person's own; a workflow names the channel itself."""

WANTED: dict[str, tuple[Occasion, ...]] = {
    "email": ("asked", "reminded", "escalated", "delegated", "mentioned", "message"),
    "address": ("asked", "reminded", "escalated", "delegated", "mentioned", "run_failed", "message"),
    "push": ("asked", "reminded", "escalated", "delegated", "mentioned", "decided", "run_failed", "message"),
    "workspace": ("asked", "asked_anybody", "escalated", "expired", "run_failed"),
}
"""What a new channel of a kind gets."""

WHILE_OPEN: Collection[Occasion] = ("asked", "asked_anybody", "reminded", "escalated", "delegated")
"""Nobody needs to be told these of a task that is over."""
