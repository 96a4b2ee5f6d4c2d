"""The parts of the inbox's page: they draw and report; every rule is in Python."""

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from components import clipboard as clipboard
from components import moments as moments
from components.scripts import script
from workbench.state.held import HeldView
from workbench.state.inbox_views import TaskView
from workbench.state.saved_views import ViewLink
from workbench.state.views import Choice

_FILES = ("deciding.jsx", "row.jsx", "keys.js", "order.js")
_LIST, _BAR, _SIDE, _UNDO = (
    script(__name__, name) for name in ("list.jsx", "bar.jsx", "side.jsx", "undo.jsx")
)
for _file in _FILES:
    script(__name__, _file)


class InboxList(rx.Component):
    """The list with its keys. `address` is what the page's address asks for; `words` name the decisions."""

    library = _LIST
    tag = "InboxList"

    rows: rx.Var[list[TaskView]]
    left: rx.Var[list[TaskView]]
    address: rx.Var[dict[str, str]]
    more: rx.Var[bool]
    may_decide: rx.Var[bool]
    words: rx.Var[dict[str, str]]
    kinds: rx.Var[dict[str, str]]
    answered: rx.Var[dict[str, str]]
    done: rx.Var[int]
    total: rx.Var[int]

    on_more: rx.EventHandler[passthrough_event_spec()]
    on_decide: rx.EventHandler[passthrough_event_spec(str, str, list[dict[str, Any]])]
    on_mark: rx.EventHandler[passthrough_event_spec(list[str], bool)]


class InboxBar(rx.Component):
    """Search, filters and order; `choices` are `{name, label, options}` in their order."""

    library = _BAR
    tag = "InboxBar"

    address: rx.Var[dict[str, str]]
    choices: rx.Var[list[dict[str, Any]]]

    on_keep: rx.EventHandler[passthrough_event_spec(str, str)]


class InboxSide(rx.Component):
    """The queues with their counts, and the lists that the person keeps."""

    library = _SIDE
    tag = "InboxSide"

    address: rx.Var[dict[str, str]]
    queues: rx.Var[list[Choice]]
    counts: rx.Var[dict[str, int]]
    views: rx.Var[list[ViewLink]]

    on_rename: rx.EventHandler[passthrough_event_spec(str, str)]
    on_delete: rx.EventHandler[passthrough_event_spec(str)]


class Undo(rx.Component):
    """What can be undone yet."""

    library = _UNDO
    tag = "Undo"

    held: rx.Var[list[HeldView]]

    on_undo: rx.EventHandler[passthrough_event_spec(list[str])]
