"""Where one is told things: set up over HTTP, so that no address is ever kept in a tab's state."""

from typing import Any

import reflex as rx

from components import entrance
from components.may import may
from components.scripts import script
from workbench.auth.roles import Action
from workbench.services.notifications.occasions import LABELS, OF_WORKSPACE
from workbench.state.base import AppState

_ENTRANCE = script(entrance.__name__, "entrance.jsx")  # for its `send`


class NotificationSettings(rx.Component):
    """The channels, the browser and the quiet hours; what they are comes from the API.

    `labels` and `shared_labels` are [occasion, words] pairs; `secure` says that it is the person themselves,
    `admin` that they set up what the workspace has, `alone` that nobody signs in here.
    """

    library = script(__name__, "notification_settings.jsx")
    tag = "NotificationSettings"

    labels: rx.Var[list[list[str]]]
    shared_labels: rx.Var[list[list[str]]]
    secure: rx.Var[bool]
    admin: rx.Var[bool]
    alone: rx.Var[bool]


def notification_settings() -> rx.Component:
    """Return the sections of the page."""
    return NotificationSettings.create(
        labels=_pairs(LABELS),
        shared_labels=_pairs(OF_WORKSPACE),
        secure=may(Action.SELF_SECURE),
        admin=may(Action.NOTIFICATIONS_MANAGE),
        alone=AppState.who == "",
    )


def _pairs(labels: dict[Any, str]) -> list[list[str]]:
    return [[name, words] for name, words in labels.items()]
