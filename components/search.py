"""The search field above a list: it asks while one types, and `/` puts the cursor into it."""

import reflex as rx

from components import theme


def search_field(label: str, value: rx.Var[str], on_search: rx.EventHandler) -> rx.Component:
    """Return the field; `on_search` gets the text once typing pauses."""
    return rx.el.div(
        theme.icon("search"),
        rx.el.input(
            type="search",
            default_value=value,
            placeholder=label,
            aria_label=label,
            on_change=on_search.debounce(250),
            auto_complete="off",
            spell_check=False,
            class_name="wb-input",
            data_search="true",
            data_testid="search",
        ),
        class_name="wb-search",
    )
