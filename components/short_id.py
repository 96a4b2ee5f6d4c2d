"""Ids are shown short and copy on click."""

import reflex as rx

from components import clipboard
from components.scripts import script

_CLIPBOARD = clipboard.PATH
_JSX = script(__name__, "short_id.jsx")


class ShortId(rx.Component):
    """The last eight characters of `value` (the random part of a uuid7); a click copies the whole."""

    library = _JSX
    tag = "ShortId"

    value: rx.Var[str]


short_id = ShortId.create
