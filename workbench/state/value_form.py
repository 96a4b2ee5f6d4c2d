"""Writing an output by hand: to pin it, to try it from there on, or to go on from an older run with it."""

import json
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench import routes
from workbench.errors import Invalid, WorkbenchError
from workbench.services import forks, pins
from workbench.services.beginnings import Part
from workbench.state.base import AppState, toast_done
from workbench.state.editor import EditorState
from workbench.state.notebook import NotebookState
from workbench.state.run import RunState
from workbench.state.run_form import RunFormState

MOST_CHARACTERS = 200_000
"""A longer value is not put into the form."""


class ValueFormState(AppState):
    """The dialog in which the output of one node is written, and the pins of the editor."""

    node: str = ""
    text: str = ""
    error: str = ""

    @rx.event
    async def toggle_pin(self, node: str) -> EventSpec:
        """Pin the node's latest output, or unpin it."""
        editor, notebook = await self.get_state(EditorState), await self.get_state(NotebookState)
        latest, note = notebook._latest(node), notebook.cells.get(node)
        if note and note.pinned:
            await pins.unpin(self.principal, editor.graph.id, node)
            said = f"{node} runs again."
        elif latest:
            run_id, ran = latest
            await pins.pin_output(self.principal, editor.graph.id, node, run_id=run_id, called=ran.node_id)
            said = f"The output of {node} is pinned: test runs take it."
        else:
            raise Invalid(f"{node} has no output to pin yet. Run it first, or write one.")
        await notebook._read(editor.graph.id)
        return toast_done(said)

    @rx.event
    async def write(self, node: str) -> None:
        """Open the form with the output that is looked at."""
        shown = (await self.get_state(RunState)).get_value("shown")
        value = shown.value if shown.node == node else None
        text = json.dumps(value, indent=2, ensure_ascii=False)
        self.node, self.error = node, ""
        self.text = text if len(text) <= MOST_CHARACTERS else ""

    @rx.event
    def close(self, opened: bool = False) -> None:
        """Close the form."""
        self.node = self.node if opened else ""

    @rx.event
    def typed(self, text: str) -> None:
        """Take what was typed."""
        self.text, self.error = text, ""

    @rx.event
    async def act(self, what: str) -> EventSpec | None:
        """Do with the value what was pressed: `pin` it, `try` it from here on, or `fork` the run with it."""
        try:
            value = json.loads(self.text)
        except (ValueError, RecursionError) as error:
            self.error = f"This is not JSON: {error}. Text stands in quotation marks."
            return None
        try:
            said = await self._act(what, value)
        except WorkbenchError as error:
            self.error = str(error)
            return None
        self.node = ""
        return said

    async def _act(self, what: str, value: Any) -> EventSpec | None:
        if what == "fork":
            head = (await self.get_state(RunState)).head
            started = await forks.fork(self.principal, head.id, edits={self.node: value})
            return rx.redirect(routes.run(started.id))
        if what == "try":
            form = await self.get_state(RunFormState)
            return await form._run(Part("from", self.node, {self.node: value}))
        editor, notebook = await self.get_state(EditorState), await self.get_state(NotebookState)
        await pins.pin_value(self.principal, editor.graph.id, self.node, value=value)
        await notebook._read(editor.graph.id)
        return toast_done(f"The value of {self.node} is pinned: test runs take it.")
