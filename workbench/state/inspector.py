"""What the inspector shows: the form of the selected node, or of the workflow when nothing is selected.

Only the views are here; the handlers that change the draft are EditorState's.
"""

from collections.abc import Sequence

import reflex as rx

from engine.graph import Document
from workbench.state.base import AppState
from workbench.state.inspector_views import NodeForm, WorkflowForm, node_form, workflow_form
from workbench.state.views import ProblemView


class InspectorState(AppState):
    """The selection and its form. `field` is the path of the field that a problem pointed at.

    A selected node opens the inspector until it is closed; with nothing selected it shows the workflow,
    while `settings` is on. It is on and `unasked` for an empty workflow, until somebody asks for it: a phone,
    where it would cover the empty canvas, does not show it then.
    """

    selected: list[str] = []
    node: NodeForm = NodeForm()
    workflow: WorkflowForm = WorkflowForm()
    field: str = ""
    tab: str = "settings"
    closed: bool = False
    settings: bool = False
    unasked: bool = False

    def _show(self, document: Document, problems: Sequence[ProblemView]) -> None:
        """Show the form of what is selected in `document`; what is gone from it is no longer selected."""
        present = {node.id: node for node in document.nodes}
        self.selected = [name for name in self.selected if name in present]
        if len(self.selected) == 1:
            self.node = node_form(document, present[self.selected[0]], problems)
        elif not self.selected:
            self.node = NodeForm()
            self.workflow = workflow_form(document, problems)

    @rx.event
    def show_tab(self, name: str) -> None:
        """Turn to the tab `name` of the selected node."""
        self.tab = name

    @rx.event
    def close(self) -> None:
        """Close the inspector."""
        if self.selected:
            self.closed = True
        else:
            self.settings = False
