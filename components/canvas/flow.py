"""The React Flow canvas as a Reflex component: it draws a graph and reports what a person does with it.

`flow.jsx` is loaded by this component and imports its neighbours. They only draw and report; every rule is
in Python. Status travels in `base` and `recent`, apart from the graph, so that it redraws single cells.
"""

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from components import theme
from components.scripts import script
from components.status import STATUSES, Status
from engine import nodes
from workbench.state.canvas_views import Focus, GraphView, catalogue
from workbench.state.cell_views import CellView
from workbench.state.notebook import NoteView
from workbench.state.views import ProblemView

LIBRARIES = ("@xyflow/react@12.12.1", "elkjs@0.12.1")
FILES = (
    "box.jsx",
    "cell.jsx",
    "container.jsx",
    "controls.jsx",
    "palette.jsx",
    "tools.jsx",
    "wire.jsx",
    "actions.js",
    "catalogue.js",
    "draft.js",
    "frames.js",
    "graph.js",
    "keys.js",
    "layout.js",
    "metrics.js",
    "minimap.jsx",
    "selection.js",
    "store.js",
    "view.js",
    "flow.css",
    "container.css",
    "notebook.css",
)
_FLOW = script(__name__, "flow.jsx")
for _file in FILES:
    script(__name__, _file)


class FlowCanvas(rx.NoSSRComponent):
    """The canvas. `on_…` events that change the graph carry a growing number first (`GraphView.ack`)."""

    library = _FLOW
    lib_dependencies: list[str] = list(LIBRARIES)
    tag = "FlowCanvas"

    graph: rx.Var[GraphView]
    base: rx.Var[dict[str, CellView]]
    recent: rx.Var[dict[str, CellView]]
    notes: rx.Var[dict[str, NoteView]]
    busy: rx.Var[bool]
    problems: rx.Var[list[ProblemView]]
    focus: rx.Var[Focus]
    read_only: rx.Var[bool]
    may_run: rx.Var[bool]
    types: rx.Var[dict[str, Any]]
    icons: rx.Var[dict[str, Any]]
    marks: rx.Var[dict[str, Any]]

    on_move: rx.EventHandler[passthrough_event_spec(int, dict[str, dict[str, float]], dict[str, str])]
    on_resize: rx.EventHandler[passthrough_event_spec(int, str, dict[str, float])]
    on_connect: rx.EventHandler[passthrough_event_spec(int, dict[str, str])]
    on_remove: rx.EventHandler[passthrough_event_spec(int, list[str], list[dict[str, str]])]
    on_refused: rx.EventHandler[passthrough_event_spec(str, str)]
    on_misplaced: rx.EventHandler[passthrough_event_spec(str)]
    on_add: rx.EventHandler[passthrough_event_spec(str, dict[str, float], str, str)]
    on_duplicate: rx.EventHandler[passthrough_event_spec(list[str])]
    on_copy: rx.EventHandler[passthrough_event_spec(list[str])]
    on_paste: rx.EventHandler[passthrough_event_spec(str, dict[str, float], str)]
    on_pass: rx.EventHandler[passthrough_event_spec(str, str)]
    on_part: rx.EventHandler[passthrough_event_spec(str, str)]
    on_pin: rx.EventHandler[passthrough_event_spec(str)]
    on_select: rx.EventHandler[passthrough_event_spec(list[str])]
    on_open: rx.EventHandler[passthrough_event_spec(str, str)]
    on_undo: rx.EventHandler[rx.event.no_args_event_spec]
    on_redo: rx.EventHandler[rx.event.no_args_event_spec]
    on_escape: rx.EventHandler[rx.event.no_args_event_spec]
    on_run: rx.EventHandler[rx.event.no_args_event_spec]

    @classmethod
    def create(cls, *children: rx.Component, **props: Any) -> rx.Component:
        """Return the canvas with the catalogue of node types and their icons in place."""
        props.setdefault("types", catalogue())
        props.setdefault("icons", {kind.type: theme.icon(kind.icon) for kind in nodes.NODE_TYPES})
        props.setdefault("marks", {name: _mark(status) for name, status in STATUSES.items()})
        return super().create(*children, **props)


def _mark(status: Status) -> dict[str, Any]:
    return {"icon": theme.icon(status.icon), "label": status.label, "tone": status.tone}


canvas = FlowCanvas.create
