"""One's password and second factor: changed here, over HTTP."""

from typing import Any

import reflex as rx

from components import entrance
from components.scripts import script


class Security(rx.Component):
    """Both sections; what they are about comes from the API. Each prop is the fields of a form."""

    library = script(__name__, "security.jsx")
    tag = "Security"

    change: rx.Var[list[dict[str, Any]]]
    proof: rx.Var[list[dict[str, Any]]]
    code: rx.Var[list[dict[str, Any]]]


def security() -> rx.Component:
    """Return the sections."""
    new = {**entrance.new_password(), "label": "New password"}
    return Security.create(
        change=[_present("present", "Present password"), new],
        proof=[_present("password", "Your password")],
        code=[entrance.one_time_code()],
    )


def _present(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "type": "password", "autocomplete": "current-password"}
