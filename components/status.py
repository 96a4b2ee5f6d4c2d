"""Statuses of runs and nodes: each has its own icon, shape and word, so that colour is never alone."""

import json
from dataclasses import asdict, dataclass

import reflex as rx

from components import theme


@dataclass(frozen=True)
class Status:
    """How a status looks: a lucide icon, the word for it, and the tone (a colour token) it is drawn in."""

    icon: str
    label: str
    tone: str


STATUSES = {
    "idle": Status("circle-dashed", "Idle", "quiet"),
    "queued": Status("clock", "Queued", "quiet"),
    "running": Status("loader-circle", "Running", "run"),
    "waiting": Status("hourglass", "Waiting", "wait"),
    "succeeded": Status("circle-check", "Succeeded", "ok"),
    "failed": Status("circle-x", "Failed", "fail"),
    "cancelled": Status("circle-slash", "Cancelled", "quiet"),
    "skipped": Status("circle", "Skipped", "quiet"),
    "stale": Status("diff", "Stale", "wait"),
    "reused": Status("repeat-2", "Reused", "quiet"),
    "disabled": Status("circle-minus", "Disabled", "quiet"),
}


def status_badge(status: rx.Var[str] | str, *, label: bool = True) -> rx.Component:
    """Return the badge of a status; without `label` the word is only a tooltip."""
    if isinstance(status, str):
        return _badge(status, label)
    return rx.match(status, *[(name, _badge(name, label)) for name in STATUSES], rx.fragment())


def _badge(name: str, label: bool) -> rx.Component:
    status = STATUSES[name]
    word = rx.el.span(status.label) if label else rx.el.span(status.label, class_name="wb-hidden")
    return rx.el.span(
        theme.icon(status.icon),
        word,
        class_name=f"wb-status wb-tone-{status.tone}",
        data_status=name,
        title="" if label else status.label,
    )


def as_json() -> str:
    """Return the table of statuses as JSON, for the canvas's React code."""
    return json.dumps({name: asdict(status) for name, status in STATUSES.items()})
