"""Acting as another person: how it begins, the banner that is there meanwhile, and the way back.

All of it goes over HTTP, which alone can change the session's cookie; then everything is loaded anew.
"""

import reflex as rx
from reflex.event import EventSpec

from components import theme
from workbench import routes
from workbench.state.base import AppState

_BACK = f"""
fetch('/api/v1/impersonation', {{ method: 'DELETE' }})
  .finally(() => window.location.assign('{routes.WORKFLOWS}'))
"""


def act_as(user_id: rx.Var[str], *, on_refused: rx.EventHandler) -> EventSpec:
    """Return what a button does to begin to act as somebody; it needs `Action.IMPERSONATE`.

    `on_refused` is told why it did not begin, and "" when it did.
    """
    begin: EventSpec = rx.call_script(
        f"""
        fetch('/api/v1/impersonation', {{
          method: 'POST',
          headers: {{ 'Content-Type': 'application/json' }},
          body: JSON.stringify({{ user_id: '{user_id}' }}),
        }}).then(async (answer) => {{
          if (!answer.ok) return (await answer.json()).detail;
          window.location.assign('{routes.WORKFLOWS}');
          return '';
        }}).catch(() => 'The workbench does not answer. Try again in a moment.')
    """,
        callback=on_refused,
    )
    return begin


def impersonation_banner() -> rx.Component:
    """Return the banner that is on every page while an administrator acts as another person."""
    return rx.cond(
        AppState.impersonated,
        rx.el.div(
            theme.icon("venetian-mask"),
            rx.el.div(
                "You act as ",
                rx.el.strong(AppState.who),
                ". What you do is recorded with your own name.",
                class_name="wb-banner-text",
            ),
            rx.button("Act as yourself again", size="1", variant="soft", on_click=rx.call_script(_BACK)),
            role="status",
            class_name="wb-banner wb-banner-wait",
            data_testid="impersonation-banner",
        ),
    )
