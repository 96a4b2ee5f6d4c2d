"""The keys of the application: the list that `?` shows, and those that work on every page."""

from typing import Any

import reflex as rx

from components.scripts import script
from workbench import routes

_JSX = script(__name__, "keys.jsx")

GO_TO = {"w": routes.WORKFLOWS, "r": routes.RUNS, "i": routes.INBOX, "s": routes.SETTINGS}

EVERYWHERE = (
    ("Ctrl K", "Find a page, a workflow, a run or a command"),
    ("?", "This list"),
    ("G W", "Go to workflows"),
    ("G R", "Go to runs"),
    ("G I", "Go to the inbox"),
    ("G S", "Go to settings"),
    ("/", "Search in the list"),
    ("Ctrl Enter", "Send the form"),
    ("Esc", "Close the innermost"),
)
INBOX = (
    ("J", "Next task"),
    ("K", "Task before"),
    ("Enter", "Open (also O)"),
    ("A", "Approve or accept"),
    ("R", "Reject"),
    ("E", "Edit the data"),
    ("C", "Comment"),
    ("X", "Select"),
    ("Shift X", "Select up to here"),
    ("U", "Mark as read or new"),
    ("Z", "Undo, within ten seconds"),
    (".", "Show what is new"),
)
CANVAS = (
    ("Ctrl Enter", "Run the workflow"),
    ("Shift Enter", "Run the selected cell"),
    ("Ctrl Z", "Undo"),
    ("Ctrl Y", "Redo"),
    ("Ctrl A", "Select all nodes"),
    ("Ctrl C", "Copy the selected nodes"),
    ("Ctrl V", "Paste"),
    ("Ctrl D", "Duplicate the selected nodes"),
    ("Delete", "Delete what is selected"),
    ("Space drag", "Pan"),
    ("Ctrl scroll", "Zoom"),
    ("Ctrl 0", "Show the whole workflow"),
)

TASK = (
    ("A", "Approve or accept"),
    ("R", "Reject"),
    ("E", "Edit the data"),
    ("C", "Comment"),
    ("H", "Hand it on"),
    ("S", "Snooze"),
    ("J", "Next task"),
    ("K", "Previous task"),
    ("Z", "Undo the last decision"),
)

GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Everywhere", EVERYWHERE),
    ("In the inbox", INBOX),
    ("On the canvas", CANVAS),
    ("On a task", TASK),
)


class Keys(rx.Component):
    """Listens for the keys of every page and shows the list of all keys on `?`."""

    library = _JSX
    tag = "Keys"

    groups: rx.Var[list[dict[str, Any]]]
    places: rx.Var[dict[str, str]]


def keys() -> rx.Component:
    """Return the listener with its dialog; every page has it."""
    groups = [{"title": title, "keys": [list(pair) for pair in pairs]} for title, pairs in GROUPS]
    return Keys.create(groups=groups, places=GO_TO)


def key_list() -> rx.Component:
    """Return the same list as part of a page."""
    return rx.el.div(*[_group(title, pairs) for title, pairs in GROUPS], class_name="wb-keys")


def _group(title: str, pairs: tuple[tuple[str, str], ...]) -> rx.Component:
    lines = [
        rx.el.div(
            rx.el.dt(text),
            rx.el.dd(*[rx.el.kbd(key, class_name="wb-kbd") for key in press.split()]),
            class_name="wb-keys-line",
        )
        for press, text in pairs
    ]
    return rx.el.section(
        rx.el.h3(title, class_name="wb-keys-title"), rx.el.dl(*lines), class_name="wb-keys-group"
    )
