"""Signing out: over HTTP, which takes the session's cookie away; then everything is loaded anew.

Who signed in through a provider goes by way of it, which ends its session as well. That address holds a
token, and so is not kept in the browser's history.
"""

import reflex as rx

from components import theme
from workbench import routes
from workbench.state.base import AppState

SCRIPT = f"""
fetch('/api/v1/auth/sign-out', {{ method: 'POST' }})
  .then(async (answer) => {{
    const {{ next }} = answer.ok ? await answer.json() : {{}};
    if (answer.ok) window.location.replace(next ?? '{routes.SIGN_IN}');
  }})
"""


def in_rail() -> rx.Component:
    """Return who is signed in, and the button that signs them out; nothing where nobody signs in."""
    return rx.cond(
        AppState.who != "",
        rx.el.div(
            rx.link(
                AppState.who,
                href=routes.PROFILE,
                title="Profile of " + AppState.who,
                underline="none",
                class_name="wb-person-name wb-rail-label",
            ),
            rx.el.button(
                theme.icon("log-out"),
                type="button",
                title="Sign out",
                aria_label="Sign out",
                on_click=rx.call_script(SCRIPT),
                class_name="wb-icon-button",
                data_testid="sign-out",
            ),
            class_name="wb-person",
            data_testid="person",
        ),
    )


def in_words() -> rx.Component:
    """Return the same as a line of a page: a phone has no rail."""
    return rx.el.p(
        "Signed in as ",
        rx.el.strong(AppState.who),
        rx.button("Sign out", size="1", variant="soft", on_click=rx.call_script(SCRIPT)),
        class_name="wb-inline wb-setting-text",
    )
