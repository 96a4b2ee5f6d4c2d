"""The inbox: what running workflows ask people; the list, its queues, search and filters, in the address."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from components import frame, skeleton
from components.inbox.parts import InboxBar, InboxList, InboxSide, Undo
from components.may import may
from workbench.auth.roles import Action
from workbench.state.held import HeldState
from workbench.state.inbox import InboxState
from workbench.state.inbox_views import DUE, KINDS, PRIORITIES, QUEUES, SORTS
from workbench.state.saved_views import SavedViewsState
from workbench.state.task import WORDS
from workbench.state.views import Choice


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(
            InboxSide.create(
                address=InboxState.address,
                queues=_choices(QUEUES),
                counts=InboxState.counts,
                views=SavedViewsState.views,
                on_rename=SavedViewsState.rename,
                on_delete=SavedViewsState.delete,
            ),
            rx.el.div(
                InboxBar.create(address=InboxState.address, choices=_filters(), on_keep=SavedViewsState.keep),
                rx.cond(InboxState.loaded, _list(), skeleton.rows(8)),
                class_name="wb-inbox-work",
            ),
            class_name="wb-inbox",
        ),
        Undo.create(held=HeldState.held, on_undo=HeldState.undo),
        section="inbox",
        needs=Action.TASKS_READ,
        where=("Inbox",),
        retry=InboxState.load,
    )


def _list() -> rx.Component:
    return InboxList.create(
        rows=InboxState.rows,
        left=InboxState.left,
        address=InboxState.address,
        more=InboxState.cursor != "",
        may_decide=may(Action.TASKS_DECIDE),
        words=WORDS,
        kinds=KINDS,
        answered=InboxState.answered,
        done=InboxState.done,
        total=InboxState.total,
        on_more=InboxState.more,
        on_decide=InboxState.decide,
        on_mark=InboxState.mark,
    )


def _filters() -> list[dict[str, Any]]:
    return [
        _filter("workflow", "Any workflow", InboxState.workflows),
        _filter("kind", "Any kind", _choices(KINDS)),
        _filter("priority", "Any priority", _choices(PRIORITIES)),
        _filter("due", "Due any time", _choices(DUE)),
        _filter("assignee", "Anybody asked", InboxState.people),
        _filter("sort", "Order", _choices(SORTS)),
    ]


def _filter(name: str, label: str, options: Any) -> dict[str, Any]:
    return {"name": name, "label": label, "options": options}


def _choices(words: Mapping[Any, str]) -> list[Choice]:
    return [Choice(value, label) for value, label in words.items()]
