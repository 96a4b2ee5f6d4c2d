"""Pressing Run: what is missing is listed, what a run asks for is asked, then the run is watched."""

from datetime import UTC, datetime
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench.auth.roles import Action
from workbench.errors import Invalid, KeyUsed
from workbench.services import notebook
from workbench.services.beginnings import Part
from workbench.services.run_options import NOTHING_ASKED, RunOptions
from workbench.services.standing import What
from workbench.state import run_inputs, run_option_fields
from workbench.state.base import AppState, toast_error
from workbench.state.drawer import DrawerState
from workbench.state.editor import EditorState
from workbench.state.notebook import NotebookState
from workbench.state.run import RunState
from workbench.state.run_inputs import InputField

ALL = Part("all")


class RunFormState(AppState):
    """The dialog that asks for a run's inputs and options."""

    open: bool = False
    fields: list[InputField] = []
    options: list[InputField] = []
    error: str = ""
    _part: Part = ALL

    @rx.event
    async def ask(self) -> EventSpec | None:
        """Open the form; without inputs start at once, with problems list them instead."""
        return await self._ask(ALL)

    @rx.event
    async def ask_options(self) -> EventSpec | None:
        """Open the form also where a run has no inputs, for its options."""
        return await self._ask(ALL, always=True)

    @rx.event
    async def part(self, what: What, node: str) -> EventSpec | None:
        """Run a part of the draft, with the inputs of the latest run; before there was one, ask for them."""
        return await self._run(Part(what, node))

    async def _run(self, part: Part) -> EventSpec | None:
        """Run a part with the inputs of the latest run, or ask for them."""
        if (await self.get_state(NotebookState))._has_run:
            return await self._start(None, part)
        return await self._ask(part)

    async def _ask(self, part: Part, *, always: bool = False) -> EventSpec | None:
        self.principal.require(Action.RUNS_START)  # before one fills in a form in vain
        editor = await self.get_state(EditorState)
        if editor.problems:
            (await self.get_state(DrawerState)).tab = "problems"
            return None
        last = (await self.get_state(RunState)).get_value("inputs")
        self.fields, self.error, self._part = _filled(editor.document.inputs, last), "", part
        self.options = list(run_option_fields.fields_of(editor.document.limits))
        if self.fields or always:
            self.open = True
            return None
        return await self._start({}, part)

    @rx.event
    async def submit(self, form: dict[str, Any]) -> EventSpec | None:
        """Start the run with what was typed, or say what is wrong with it."""
        document = (await self.get_state(EditorState)).document
        filled = run_inputs.fill(document.inputs, form)
        asked = run_option_fields.fill(document.limits, form, at=datetime.now(UTC))
        self.fields, self.error, self.options = list(filled.fields), filled.error, list(asked.fields)
        if not (filled.ok and asked.ok):
            return None
        return await self._start(filled.inputs, self.get_value("_part"), asked.options)

    @rx.event
    def close(self, opened: bool = False) -> None:
        """Close the form."""
        self.open = opened

    async def _start(
        self, inputs: dict[str, Any] | None, part: Part, options: RunOptions = NOTHING_ASKED
    ) -> EventSpec | None:
        editor, run = await self.get_state(EditorState), await self.get_state(RunState)
        try:
            started = await notebook.run(
                self.principal,
                editor.graph.id,
                what=part.what,
                node=part.node,
                inputs=inputs,
                edits=part.edits,
                options=options,
            )
        except KeyUsed as error:
            self.options = list(run_option_fields.with_key_used(self.get_value("options"), error))
            return None
        except Invalid as error:
            self.error = "\n".join((str(error), *(problem.message for problem in error.problems)))
            return toast_error(error)
        self.open = False
        drawer = await self.get_state(DrawerState)
        drawer.tab = "" if drawer.tab == "problems" else drawer.tab
        await run._watch_new(started.id)
        return show_in_address(started.id)


def show_in_address(run_id: str) -> EventSpec:
    """Return the event that puts the watched run into the page's address, so that a reload keeps it."""
    query = f"?run={run_id}" if run_id else ""
    return rx.call_script(f"history.replaceState(history.state, '', location.pathname + '{query}')")


def _filled(schema: dict[str, Any], last: dict[str, Any]) -> list[InputField]:
    """Return the form's fields, filled with the inputs of the run that is watched, else with the sample."""
    return list(run_inputs.fields_of({**schema, "examples": [last]} if last else schema))
