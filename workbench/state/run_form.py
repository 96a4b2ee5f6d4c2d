"""Pressing Run: what is missing is listed, what a run asks for is asked, then the run is watched."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench.errors import Invalid
from workbench.services import runs
from workbench.state import run_inputs
from workbench.state.base import AppState, toast_error
from workbench.state.drawer import DrawerState
from workbench.state.editor import EditorState
from workbench.state.run import RunState
from workbench.state.run_inputs import InputField


class RunFormState(AppState):
    """The dialog that asks for a run's inputs."""

    open: bool = False
    fields: list[InputField] = []
    error: str = ""

    @rx.event
    async def ask(self) -> EventSpec | None:
        """Open the form; without inputs start at once, with problems list them instead."""
        editor = await self.get_state(EditorState)
        if editor.problems:
            (await self.get_state(DrawerState)).tab = "problems"
            return None
        last = (await self.get_state(RunState)).get_value("inputs")
        self.fields, self.error = _filled(editor.document.inputs, last), ""
        if self.fields:
            self.open = True
            return None
        return await self._start({})

    @rx.event
    async def submit(self, form: dict[str, Any]) -> EventSpec | None:
        """Start the run with what was typed, or say what is wrong with it."""
        editor = await self.get_state(EditorState)
        filled = run_inputs.fill(editor.document.inputs, form)
        self.fields, self.error = list(filled.fields), filled.error
        return await self._start(filled.inputs) if filled.ok else None

    @rx.event
    def close(self, opened: bool = False) -> None:
        """Close the form."""
        self.open = opened

    async def _start(self, inputs: dict[str, Any]) -> EventSpec:
        editor, run = await self.get_state(EditorState), await self.get_state(RunState)
        try:
            started = await runs.start_run(
                self.principal, workflow_id=editor.graph.id, inputs=inputs, version="draft"
            )
        except Invalid as error:
            self.error = "\n".join((str(error), *(problem.message for problem in error.problems)))
            return toast_error(error)
        self.open = False
        drawer = await self.get_state(DrawerState)
        drawer.tab = "" if drawer.tab == "problems" else drawer.tab
        await run._watch(started.id)
        return show_in_address(started.id)


def show_in_address(run_id: str) -> EventSpec:
    """Return the event that puts the watched run into the page's address, so that a reload keeps it."""
    query = f"?run={run_id}" if run_id else ""
    return rx.call_script(f"history.replaceState(history.state, '', location.pathname + '{query}')")


def _filled(schema: dict[str, Any], last: dict[str, Any]) -> list[InputField]:
    """Return the form's fields, filled with the inputs of the run that is watched, else with the sample."""
    return list(run_inputs.fields_of({**schema, "examples": [last]} if last else schema))
