"""What happens on the editor's page across its parts: loading it, selecting on it, letting a run go."""

import reflex as rx
from reflex.event import EventSpec, EventType

from workbench.errors import Invalid
from workbench.services.edits import Replace
from workbench.state.base import AppState, toast_error
from workbench.state.drawer import DrawerState
from workbench.state.editor import EditorState
from workbench.state.imports import read_document
from workbench.state.inspector import InspectorState
from workbench.state.notebook import NotebookState
from workbench.state.references import sources_of
from workbench.state.run import RunState
from workbench.state.run_form import RunFormState, show_in_address
from workbench.state.sharing import SharingState


class EditorPageState(AppState):
    """Handlers that touch the draft, the inspector and the run together."""

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Read the workflow and the run that the address names; ask for a run's inputs if it says so."""
        editor, run = await self.get_state(EditorState), await self.get_state(RunState)
        (await self.get_state(SharingState)).workflow_id = ""
        query = self.router.url.query_parameters
        run_id = query.get("run", "")
        async with self._guarded(editor, run, await self.get_state(InspectorState)):
            (await self.get_state(NotebookState))._clear()
            await editor._load(self.router.url.path.rstrip("/").rpartition("/")[2])
            if run_id != run.head.id:
                run._forget()
            if run_id:
                await run._watch(run_id, query.get("pass", ""))
            if "ask" in query:
                return [show_in_address(run_id), RunFormState.ask]
        return None

    @rx.event
    async def select(self, names: list[str]) -> None:
        """Show the form, or the output, of the selected node."""
        inspector = await self.get_state(InspectorState)
        if names == inspector.selected:
            return
        await self._select(names, tab=inspector.tab)

    @rx.event
    async def open_node(self, name: str, tab: str) -> None:
        """Open the inspector for one node, at its output or at its problems."""
        editor = await self.get_state(EditorState)
        await self._select([name], tab="settings" if tab == "problems" else "output")
        editor._point_at(name, centre=tab == "timeline")

    @rx.event
    async def show_output(self) -> None:
        """Turn to the output of the selected node."""
        inspector = await self.get_state(InspectorState)
        await self._select(list(inspector.selected), tab="output")

    @rx.event
    async def toggle_settings(self) -> None:
        """Show the workflow's own settings, or hide them when they are shown."""
        inspector = await self.get_state(InspectorState)
        await self._show_settings(bool(inspector.selected) or not inspector.settings)

    @rx.event
    async def show_settings(self) -> None:
        """Show the workflow's own settings."""
        await self._show_settings(True)

    @rx.event
    async def escape(self) -> None:
        """Close the innermost that is open: the drawer, then the workflow's settings."""
        drawer, inspector = await self.get_state(DrawerState), await self.get_state(InspectorState)
        if drawer.tab:
            drawer.tab = ""
        else:
            inspector.settings = False

    @rx.event
    async def export(self) -> EventSpec:
        """Save the draft as a file."""
        document = (await self.get_state(EditorState)).document
        file: EventSpec = rx.download(data=document.canonical(), filename=f"{document.name[:80]}.json")
        return file

    @rx.event
    async def replace_from(self, files: list[rx.UploadFile]) -> EventSpec | None:
        """Put the document in a file in the draft's place, as one step that can be undone."""
        if not files:
            return None
        document, problems = await read_document(await files[0].read())
        if document is None:
            error = Invalid("This file is not a workflow; the draft stays as it is.", problems)
            return toast_error(error)
        return await (await self.get_state(EditorState))._edit(Replace(document=document))

    @rx.event
    async def forget_run(self) -> EventSpec:
        """Show the canvas without a run."""
        (await self.get_state(RunState))._forget()
        return show_in_address("")

    async def _show_settings(self, shown: bool) -> None:
        inspector, editor = await self.get_state(InspectorState), await self.get_state(EditorState)
        inspector.settings, inspector.unasked = shown, False
        await self._select([], tab=inspector.tab)
        editor._point_at()

    async def _select(self, names: list[str], *, tab: str) -> None:
        inspector, editor = await self.get_state(InspectorState), await self.get_state(EditorState)
        inspector.selected, inspector.field, inspector.tab, inspector.closed = names, "", tab, False
        inspector._show(editor.document, editor.problems)
        if len(names) == 1:
            sources = sources_of(editor.document, names[0])
            await (await self.get_state(RunState))._inspect(names[0], sources)
