"""What a person does about a node that waits: decide about its failure, or send the event it waits for."""

import json
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench.errors import Invalid
from workbench.services import decisions, deliveries
from workbench.services.decisions import Action, Asked
from workbench.state.base import AppState, toast_done
from workbench.state.run import RunState

DONE: dict[Action, str] = {
    "retry": "The step tries again.",
    "output": "The run goes on with this output.",
    "skip": "The step is skipped.",
    "abort": "The step has failed.",
}


class WaitingState(AppState):
    """What was typed about the node that is looked at."""

    output: str = ""
    settings: str = ""
    reason: str = ""
    data: str = ""

    @rx.event
    def write(self, field: str, text: str) -> None:
        """Keep what was typed in a field."""
        match field:
            case "output":
                self.output = text
            case "settings":
                self.settings = text
            case "reason":
                self.reason = text
            case "data":
                self.data = text

    @rx.event
    async def decide(self, action: str) -> EventSpec:
        """Carry out a decision about the node that failed."""
        run = await self.get_state(RunState)
        chosen: Action | None = next((one for one in DONE if one == action), None)
        if chosen is None:
            raise Invalid(f"There is no decision {action[:20]!r}.")
        asked = Asked(
            chosen,
            attempt=run.shown.attempt,
            config=_object("settings", self.settings) if chosen == "retry" else {},
            output=_json("output", self.output) if chosen == "output" else None,
            reason=self.reason,
        )
        await decisions.decide(self.principal, run.head.id, run.shown.node, asked, scope=run.shown.scope)
        self.output = self.settings = self.reason = ""
        return toast_done(DONE[chosen])

    @rx.event
    async def send(self) -> EventSpec:
        """Send the event that the node waits for."""
        run = await self.get_state(RunState)
        await deliveries.send_to(
            self.principal, run.head.id, run.shown.node, _json("data", self.data), scope=run.shown.scope
        )
        self.data = ""
        return toast_done("The event was sent.")


def _json(field: str, text: str) -> Any:
    """Return what a field holds; empty is null. Raises Invalid."""
    try:
        return json.loads(text) if text.strip() else None
    except ValueError as error:
        raise Invalid(f"The {field} is no JSON: {error}.") from None


def _object(field: str, text: str) -> dict[str, Any]:
    value = _json(field, text)
    if value is not None and not isinstance(value, dict):
        raise Invalid(f"The {field} must be a JSON object of names and values.")
    return value or {}
