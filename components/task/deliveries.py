"""How people were told about a task: a fold on its page."""

import reflex as rx

from components import entrance, moments
from components.scripts import script
from workbench.services.notifications.messages import HEADS

_USED = (script(entrance.__name__, "entrance.jsx"), script(moments.__name__, "moments.jsx"))
"""What the script itself imports."""


class Deliveries(rx.Component):
    """The messages about the task of this id; `occasions` are [occasion, words] pairs."""

    library = script(__name__, "deliveries.jsx")
    tag = "Deliveries"

    task: rx.Var[str]
    occasions: rx.Var[list[list[str]]]


def deliveries(task_id: rx.Var[str]) -> rx.Component:
    """Return the fold."""
    occasions = [[name, words] for name, words in HEADS.items()]
    return Deliveries.create(task=task_id, occasions=occasions, key=task_id)
