"""What the person may do here, as pages ask it: a button that would be refused is off, and says why."""

import reflex as rx

from workbench.auth.roles import MEANINGS, Action
from workbench.state.base import AppState


def may(action: Action) -> rx.Var[bool]:
    """Return whether the person may do `action` in their workspace."""
    return AppState.may.contains(action.value)


def may_not(action: Action) -> rx.Var[bool]:
    """Return the opposite, for `disabled`."""
    return ~may(action)


def why(action: Action, title: rx.Var[str] | str) -> rx.Var[str]:
    """Return a button's title: why it is off, where it is."""
    reason = f"None of your roles here allows this: {MEANINGS[action].lower()}"
    return rx.cond(may(action), title, reason)
