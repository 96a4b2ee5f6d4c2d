"""The card of a shipped example: its name, what it shows, and the kinds of steps in it."""

from typing import Any

import reflex as rx

from components import theme
from engine.nodes import NODE_TYPES
from workbench.state.views import ExampleCard


def example_card(card: rx.Var[ExampleCard], on_open: Any) -> rx.Component:
    """Return the card; all of it is the button that opens a copy."""
    return rx.el.button(
        rx.el.span(card.name, class_name="wb-card-title"),
        rx.el.span(card.description, class_name="wb-card-text"),
        rx.el.span(
            rx.el.span(rx.foreach(card.node_types, node_type_icon), class_name="wb-card-icons"),
            rx.el.span("Open a copy", theme.icon("arrow-right"), class_name="wb-card-action"),
            class_name="wb-card-foot",
        ),
        type="button",
        title=card.name,
        on_click=on_open,
        class_name="wb-card",
        data_testid="example-" + card.slug.to(str),
    )


def node_type_icon(type: rx.Var[str]) -> rx.Component:
    """Return the icon of a node type, its title as the tooltip; nothing for a type that is unknown."""
    known = [(kind.type, rx.el.span(theme.icon(kind.icon), title=kind.title)) for kind in NODE_TYPES]
    return rx.match(type, *known, rx.fragment())
