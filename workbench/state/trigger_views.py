"""What the inspector shows of a trigger: its settings in the draft, and what became of the published one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.graph import Document, Trigger
from engine.working_time import zone
from workbench import routes
from workbench.services.shapes import RunSummary
from workbench.services.triggers.states import TriggerState
from workbench.state.form_fields import NodeField, Pair, problem_of
from workbench.state.trigger_fields import TITLES
from workbench.state.trigger_form import fields_of, input_pairs
from workbench.state.views import Choice, ProblemView, iso


@dataclass(frozen=True)
class TriggerRun:
    """A run that a trigger started."""

    id: str
    href: str
    status: str
    at: str


@dataclass(frozen=True)
class TriggerCard:
    """A trigger. `index` is its place in the draft, -1 when only the live version has it.

    `state` is armed, paused, pending, draft, off or gone; `says` is that in words. `url` is a webhook's
    address, `times` are a schedule's next ones, as its own clock shows them.
    """

    index: int
    id: str
    type: str
    title: str
    enabled: bool
    state: str = "draft"
    says: str = ""
    url: str = ""
    paused: bool = False
    missing_secret: str = ""
    trouble: str = ""
    trouble_at: str = ""
    problem: str = ""
    input_problem: str = ""
    fields: list[NodeField] = field(default_factory=list)
    seldom: list[NodeField] = field(default_factory=list)
    inputs: list[Pair] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    runs: list[TriggerRun] = field(default_factory=list)


def cards(
    document: Document,
    problems: Sequence[ProblemView],
    states: Mapping[str, TriggerState],
    workflows: Sequence[Choice],
    *,
    base: str,
) -> list[TriggerCard]:
    """Return the cards of the draft's triggers, then of those that only the live version has."""
    shown = [
        _card(index, trigger, problems, states.get(trigger.id), workflows, base)
        for index, trigger in enumerate(document.triggers)
    ]
    here = {trigger.id for trigger in document.triggers}
    return [
        *shown,
        *(_gone(state, base) for state in states.values() if state.id not in here and state.armed),
    ]


def _card(
    index: int,
    trigger: Trigger,
    problems: Sequence[ProblemView],
    state: TriggerState | None,
    workflows: Sequence[Choice],
    base: str,
) -> TriggerCard:
    at = f"triggers.{index}"
    often, seldom = fields_of(trigger, at, problems, workflows)
    told = {f"{at}.{one.path}" for one in (*often, *seldom) if one.problem}
    mine = [one for one in problems if one.field == at or one.field.startswith(f"{at}.")]
    other = [one for one in mine if not one.field.startswith((*told, f"{at}.inputs"))]
    return TriggerCard(
        index=index,
        id=trigger.id,
        type=trigger.type,
        title=TITLES.get(trigger.type, trigger.type),
        enabled=trigger.enabled,
        problem="\n".join(one.message for one in other),
        input_problem=problem_of(f"{at}.inputs", problems),
        fields=often,
        seldom=seldom,
        inputs=input_pairs(trigger),
        **_seen(trigger, state, base),
    )


def _gone(state: TriggerState, base: str) -> TriggerCard:
    trigger = Trigger(id=state.id, type=state.type)
    return TriggerCard(
        index=-1,
        id=state.id,
        type=state.type,
        title=TITLES.get(state.type, state.type),
        enabled=True,
        **_seen(trigger, state, base) | {"state": "gone", "says": f"Only in version {state.version}"},
    )


def _seen(trigger: Trigger, state: TriggerState | None, base: str) -> dict[str, Any]:
    """Return the part of a card that is not in the draft."""
    if state is None:
        return {"state": "draft", "says": "Not published yet"}
    name, says = _standing(trigger, state)
    return {
        "state": name,
        "says": says,
        "url": f"{base}{state.address}" if state.address else "",
        "paused": state.paused,
        "missing_secret": state.missing_secret or "",
        "trouble": state.problem.message if state.problem and not state.missing_secret else "",
        "trouble_at": iso(state.problem.at) if state.problem else "",
        "times": [_spoken(moment, trigger) for moment in state.next_times],
        "runs": [_run(run) for run in state.last_runs],
    }


def _standing(trigger: Trigger, state: TriggerState) -> tuple[str, str]:
    version = f"version {state.version}"
    if not state.armed:
        return ("draft", "Not published yet") if trigger.enabled else ("off", "Switched off")
    if state.paused:
        return "paused", f"Paused; armed by {version}"
    if state.pending:
        return "pending", f"Temporal is yet to be told of {version}"
    return "armed", f"Armed by {version}" + ("; the draft differs" if state.changed else "")


def _spoken(moment: datetime, trigger: Trigger) -> str:
    """Return a time as the clock shows it that the schedule goes by."""
    name = str(trigger.config.get("time_zone") or "UTC")
    try:
        return f"{moment.astimezone(zone(name)):%a %d %b %Y, %H:%M:%S} {name}"
    except ValueError:  # the draft names a zone that there is not; the live one goes by another
        return f"{moment:%a %d %b %Y, %H:%M:%S} UTC"


def _run(run: RunSummary) -> TriggerRun:
    return TriggerRun(run.id, routes.run(run.id), run.status, iso(run.created_at))
