"""What the inspector's part about triggers changes: the draft, or what was published."""

from typing import Any

import reflex as rx
from pydantic import ValidationError
from reflex.event import EventSpec

from engine.graph import Trigger
from workbench.errors import Invalid
from workbench.services.edits import Describe
from workbench.services.triggers import states
from workbench.state import trigger_form
from workbench.state.base import AppState, toast_error
from workbench.state.editor import EditorState
from workbench.state.run import RunState
from workbench.state.run_form import show_in_address
from workbench.state.triggers import TriggersState


class TriggerFormState(AppState):
    """Handlers of the triggers in the inspector."""

    @rx.event
    async def refresh(self) -> None:
        """Look again at what was published, and what ran."""
        await self._draw()

    @rx.event
    async def add(self, kind: str) -> EventSpec | None:
        """Add a trigger to the draft."""
        document = (await self.get_state(EditorState)).document
        return await self._save(trigger_form.add(document.triggers, kind, document.inputs))

    @rx.event
    async def remove(self, index: int) -> EventSpec | None:
        """Delete a trigger from the draft; a published one is armed until another version is published."""
        return await self._save(trigger_form.remove(await self._triggers(), index))

    @rx.event
    async def set_text(self, index: int, path: str, text: str) -> EventSpec | None:
        """Save what was typed into a field."""
        return await self._change(index, path, text)

    @rx.event
    async def set_switch(self, index: int, on: bool) -> EventSpec | None:
        """Save whether the trigger is armed by publishing."""
        return await self._change(index, "enabled", on)

    @rx.event
    async def set_pairs(self, index: int, path: str, pairs: list[dict[str, str]]) -> EventSpec | None:
        """Save rows of names and values."""
        return await self._change(index, path, pairs)

    @rx.event
    async def pause(self, name: str, paused: bool) -> None:
        """Let a published trigger start nothing, or runs again."""
        workflow_id = (await self.get_state(EditorState)).graph.id
        await states.pause(self.principal, workflow_id, name, paused=paused)
        await self._draw()

    @rx.event
    async def ask_rotate(self, name: str) -> None:
        """Ask before a webhook's address is given up."""
        (await self.get_state(TriggersState)).rotating = name

    @rx.event
    async def keep(self, opened: bool = False) -> None:
        """Keep the address."""
        (await self.get_state(TriggersState)).rotating = ""

    @rx.event
    async def rotate(self) -> EventSpec:
        """Give the webhook that was asked about another address."""
        triggers = await self.get_state(TriggersState)
        name, triggers.rotating = triggers.rotating, ""
        workflow_id = (await self.get_state(EditorState)).graph.id
        await states.rotate(self.principal, workflow_id, name)
        await self._draw()
        said: EventSpec = rx.toast.success("The webhook has a new address.")
        return said

    @rx.event
    async def try_out(self, name: str) -> EventSpec | None:
        """Run the draft as its trigger would that heard the sample input, and watch the run."""
        editor, run = await self.get_state(EditorState), await self.get_state(RunState)
        heard = _sample(editor.document.inputs)
        try:
            started = await states.try_out(self.principal, editor.graph.id, name, heard=heard)
        except Invalid as error:
            return toast_error(error)
        await run._watch_new(started.id)
        return show_in_address(started.id)

    async def _triggers(self) -> list[Trigger]:
        return (await self.get_state(EditorState)).document.triggers

    async def _change(self, index: int, path: str, value: Any) -> EventSpec | None:
        triggers = await self._triggers()
        if not 0 <= index < len(triggers):
            return None
        try:
            return await self._save(trigger_form.change(triggers, index, path, value))
        except ValidationError:
            hint = "Use lower-case letters, digits and underscores."
            said: EventSpec = rx.toast.error(f"{value!r} cannot be an id.", description=hint)
            return said

    async def _save(self, triggers: list[Trigger]) -> EventSpec | None:
        editor = await self.get_state(EditorState)
        if triggers == editor.document.triggers:
            return None
        said = await editor._edit(Describe(triggers=tuple(triggers)))
        await self._draw()
        return said

    async def _draw(self) -> None:
        editor, triggers = await self.get_state(EditorState), await self.get_state(TriggersState)
        await triggers._reload(editor.graph.id)
        triggers._show(editor.document, editor.problems)


def _sample(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a trigger of any type may have heard: the workflow's sample input."""
    examples = schema.get("examples")
    sample = examples[0] if isinstance(examples, list) and examples else {}
    heard = {"method": "POST", "headers": {}, "query": {}, "body": sample}
    return {**heard, "run": {"id": "sample"}, "status": "succeeded", "outputs": sample, "error": None}
