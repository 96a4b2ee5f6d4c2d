"""Inviting people into the workspace, and helping those who cannot sign in. Links are shown once."""

import reflex as rx

from components import onlooker, shown_once
from components.scripts import script

_JSX = script(__name__, "invitations.jsx")
_IMPORTED = (onlooker.PATH, shown_once.PATH)


class Invitations(rx.Component):
    """The form that invites, and the invitations that wait. `roles` are `{value, label}`."""

    library = _JSX
    tag = "Invitations"

    roles: rx.Var[list[dict[str, str]]]


class SignInHelp(rx.Component):
    """For administrators: a link for a new password, or no second factor any more."""

    library = _JSX
    tag = "SignInHelp"
