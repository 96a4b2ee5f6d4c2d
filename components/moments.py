"""Times as people say them: how long ago, the exact instant on hover; and how long something took."""

import reflex as rx

from components.scripts import script

_JSX = script(__name__, "moments.jsx")


class Ago(rx.Component):
    """`at` (ISO 8601) as "3 min ago", counting by itself; nothing when it is empty."""

    library = _JSX
    tag = "Ago"

    at: rx.Var[str]


class Took(rx.Component):
    """The time from `since` to `until` (ISO 8601); it counts while `until` is empty."""

    library = _JSX
    tag = "Took"

    since: rx.Var[str]
    until: rx.Var[str]


ago = Ago.create
took = Took.create
