"""The inspector's own React parts: fields that save themselves, and panels that remember their size."""

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from components.may import EDITS
from components.scripts import script
from workbench.state.form_fields import Pair
from workbench.state.references import Reference

_FIELDS = script(__name__, "fields.jsx")
_PANEL = script(__name__, "panel.jsx")


class TextField(rx.NoSSRComponent):
    """A text that is saved 400 ms after the last key and when it is left; `name` identifies the field.

    `data` is set in the data font and can be inserted into; a `whole` one is saved only when it is left; a
    `program` is edited as code is, and nothing is inserted into it. A `read_only` one shows its whole text.
    """

    library = _FIELDS
    tag = "TextField"

    name: rx.Var[str]
    value: rx.Var[str]
    lines: rx.Var[int]
    data: rx.Var[bool]
    whole: rx.Var[bool]
    program: rx.Var[bool]
    read_only: rx.Var[bool]
    placeholder: rx.Var[str]

    on_save: rx.EventHandler[passthrough_event_spec(str)]


class PairsField(rx.NoSSRComponent):
    """Rows of names and values, saved together; `ordered` ones can be moved up."""

    library = _FIELDS
    tag = "PairsField"

    name: rx.Var[str]
    value: rx.Var[list[Pair]]
    key_label: rx.Var[str]
    value_label: rx.Var[str]
    ordered: rx.Var[bool]
    read_only: rx.Var[bool]

    on_save: rx.EventHandler[passthrough_event_spec(list[dict[str, str]])]


class References(rx.NoSSRComponent):
    """What an expression can name; a click inserts it into the field that was typed in last."""

    library = _FIELDS
    tag = "References"

    items: rx.Var[list[Reference]]


class Panel(rx.NoSSRComponent):
    """A panel at the `side` ("right" or "bottom") of the work, resizable, that remembers its size."""

    library = _PANEL
    tag = "Panel"

    side: rx.Var[str]
    name: rx.Var[str]
    label: rx.Var[str]
    size: rx.Var[int]
    least: rx.Var[int]
    most: rx.Var[int]


def text_field(**props: Any) -> rx.Component:
    """Return a TextField of the draft: who may not change the draft reads it."""
    return TextField.create(read_only=~EDITS, **props)


def pairs_field(**props: Any) -> rx.Component:
    """Return a PairsField of the draft: who may not change the draft reads it."""
    return PairsField.create(read_only=~EDITS, **props)


def select_field(*options: rx.Component, **props: Any) -> rx.Component:
    """Return a choice of the draft: who may not change the draft sees what is chosen."""
    return rx.el.select(*options, disabled=~EDITS, class_name="wb-input wb-select", **props)


def switch_field(**props: Any) -> rx.Component:
    """Return a switch of the draft: who may not change the draft sees how it stands."""
    return rx.switch(size="1", disabled=~EDITS, **props)


panel = Panel.create
references = References.create
