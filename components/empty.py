"""Empty states: say what belongs here and offer the one next step."""

import reflex as rx

from components import theme


def empty_state(icon: str, title: str, text: rx.Var[str] | str, *steps: rx.Component) -> rx.Component:
    """Return an empty state: a quiet icon, what belongs here, and the next step (none: only the words)."""
    return rx.el.section(
        rx.el.div(theme.icon(icon), class_name="wb-empty-icon"),
        rx.el.h2(title, class_name="wb-empty-title"),
        rx.el.p(text, class_name="wb-empty-text"),
        rx.el.div(*steps, class_name="wb-empty-steps") if steps else rx.fragment(),
        class_name="wb-empty",
        data_testid="empty-state",
    )
