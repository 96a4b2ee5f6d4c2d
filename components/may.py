"""What the person may do here, as pages ask it: what would be refused is not offered."""

import reflex as rx

from workbench.auth.roles import Action, role_for
from workbench.state.base import AppState


def may(action: Action) -> rx.Var[bool]:
    """Return whether the person may do `action` in their workspace."""
    return AppState.may.contains(action.value)


def if_may(action: Action, *content: rx.Component) -> rx.Component:
    """Return `content` for who may do `action`, and nothing for others."""
    return rx.cond(may(action), content[0] if len(content) == 1 else rx.fragment(*content))


def ask_for(action: Action) -> str:
    """Return whom to ask, and for what, to do `action`: the end of a sentence."""
    return f"ask an admin of the workspace for the role {role_for(action)}"


EDITS = may(Action.WORKFLOWS_WRITE)
"""Whether the drawing, its settings and its pins can be changed; without it they are looked at."""
