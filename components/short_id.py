"""Ids are shown short and copy on click."""

import reflex as rx

from components import clipboard

_CLIPBOARD = clipboard.PATH
_JSX = rx.asset("short_id.jsx", shared=True)


class ShortId(rx.Component):
    """The last eight characters of `value` (the random part of a uuid7); a click copies the whole."""

    library = _JSX.importable_path
    tag = "ShortId"

    value: rx.Var[str]


short_id = ShortId.create
