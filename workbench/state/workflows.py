"""The page of workflows: the list, what can be done with each, and the gallery of examples."""

from collections.abc import Sequence

import reflex as rx
from reflex.event import EventSpec

from engine.graph import Document
from workbench import routes
from workbench.services import examples, workflows
from workbench.services.shapes import RunEvent
from workbench.state.base import AppState, toast_done
from workbench.state.imports import ONE_AT_A_TIME, TOO_LARGE, read_document
from workbench.state.push import LIST_PAUSE_S, tabs
from workbench.state.sharing import SharingState
from workbench.state.views import Choice, ExampleCard, ProblemView, WorkflowRow

PAGE = 50
UNTITLED = "Untitled workflow"


class WorkflowsState(AppState):
    """`doomed` is the workflow that a person is asked about before it is deleted."""

    rows: list[WorkflowRow] = []
    cursor: str = ""
    search: str = ""
    loaded: bool = False
    examples: list[ExampleCard] = []
    doomed: Choice | None = None
    rejected: str = ""
    problems: list[ProblemView] = []

    @rx.event
    async def load(self) -> None:
        """Show the first page of what the address asks for, and follow the runs from now on."""
        self.search = self.router.url.query_parameters.get("q", "")
        tabs.watch(self.router.session.client_token, WorkflowsState)
        (await self.get_state(SharingState)).workflow_id = ""
        async with self._guarded():
            page = await workflows.list_workflows(self.principal, limit=PAGE, search=self.search)
            self.rows, self.cursor = [WorkflowRow.of(flow) for flow in page.items], page.next_cursor or ""
            self.examples = [ExampleCard.of(example) for example in await examples.list_examples()]
            self.loaded = True

    @rx.event
    async def more(self) -> None:
        """Add the next page."""
        page = await workflows.list_workflows(
            self.principal, limit=PAGE, cursor=self.cursor, search=self.search
        )
        self.rows = [*self.rows, *(WorkflowRow.of(flow) for flow in page.items)]
        self.cursor = page.next_cursor or ""

    @rx.event
    def find(self, text: str) -> EventSpec:
        """Put the search into the address, which loads the list."""
        return rx.redirect(routes.workflows(text), replace=True)

    @rx.event
    async def create(self) -> EventSpec:
        """Make an empty workflow and go to its canvas."""
        return await self._open(Document(name=UNTITLED))

    @rx.event
    async def open_example(self, slug: str) -> EventSpec:
        """Make a copy of an example and go to its canvas."""
        return await self._open(await examples.load_example(slug))

    @rx.event
    async def duplicate(self, workflow_id: str) -> EventSpec:
        """Make a copy of a workflow's draft and go to its canvas."""
        document = (await workflows.get_workflow(self.principal, workflow_id)).document
        return await self._open(document.model_copy(update={"name": f"{document.name[:190]} (copy)"}))

    @rx.event
    async def download(self, workflow_id: str) -> EventSpec:
        """Save the draft as a file."""
        document = (await workflows.get_workflow(self.principal, workflow_id)).document
        spec: EventSpec = rx.download(data=document.canonical(), filename=f"{document.name[:80]}.json")
        return spec

    @rx.event
    async def import_file(self, files: list[rx.UploadFile]) -> EventSpec | None:
        """Open a document from a file, or show everything that is wrong with it.

        There are no files when the browser refused them: `refuse_files` says so.
        """
        if not files:
            return None
        document, problems = await read_document(await files[0].read())
        if document and not problems:
            return await self._open(document)
        self.rejected = files[0].name or "The file"
        self.problems = [ProblemView.of(problem) for problem in problems]
        return None

    @rx.event
    def refuse_files(self, count: int) -> None:
        """Say why the browser did not send what was dropped."""
        problem = ONE_AT_A_TIME if count > 1 else TOO_LARGE
        self.rejected, self.problems = "The file", [ProblemView.of(problem)]

    @rx.event
    def dismiss_problems(self) -> None:
        """Close the list of an import's problems."""
        self.rejected, self.problems = "", []

    @rx.event
    def ask_delete(self, workflow_id: str, name: str) -> None:
        """Ask before deleting."""
        self.doomed = Choice(workflow_id, name)

    @rx.event
    def keep(self) -> None:
        """Do not delete."""
        self.doomed = None

    @rx.event
    async def delete(self) -> EventSpec | None:
        """Delete the workflow that was asked about."""
        if self.doomed is None:
            return None
        doomed, self.doomed = self.doomed, None
        await workflows.delete_workflow(self.principal, doomed.value)
        self.rows = [row for row in self.rows if row.id != doomed.value]
        return toast_done(f"“{doomed.label}” is deleted.")

    async def _open(self, document: Document) -> EventSpec:
        detail = await workflows.create_workflow(self.principal, document=document)
        return rx.redirect(routes.editor(detail.id))

    async def _on_events(self, events: Sequence[RunEvent]) -> float:
        runs = {event.run.workflow_id: event.run for event in events if event.run}
        if any(row.id in runs for row in self.rows):
            self.rows = [row.after(runs[row.id]) if row.id in runs else row for row in self.rows]
        return LIST_PAUSE_S
