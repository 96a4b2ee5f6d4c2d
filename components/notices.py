"""The bell in the top bar: how much is unread, and what one was told last."""

import reflex as rx

from components import theme
from components.moments import ago
from workbench import routes
from workbench.state.notices import NoticesState, NoticeView


def bell() -> rx.Component:
    """Return the bell with its list."""
    return rx.el.div(
        rx.popover.root(
            rx.popover.trigger(
                rx.el.button(
                    theme.icon("bell"),
                    rx.cond(
                        NoticesState.shown != "",
                        rx.el.span(NoticesState.shown, class_name="wb-bell-count", data_testid="bell-count"),
                    ),
                    rx.el.span("Notifications", class_name="wb-hidden"),
                    type="button",
                    title="Notifications",
                    class_name="wb-bell",
                    data_testid="bell",
                )
            ),
            rx.popover.content(_list(), class_name="wb-notices", side="bottom", align="end"),
        ),
        on_mount=NoticesState.load,
    )


def _list() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Notifications", class_name="wb-notices-title"),
            rx.cond(
                NoticesState.unread > 0,
                rx.el.button(
                    "Mark all read",
                    type="button",
                    on_click=NoticesState.read_all,
                    class_name="wb-button",
                    data_testid="read-all",
                ),
            ),
            class_name="wb-notices-head",
        ),
        rx.cond(
            NoticesState.notices.length() > 0,
            rx.el.ul(rx.foreach(NoticesState.notices, _line), class_name="wb-notices-list"),
            rx.el.p("What concerns you appears here.", class_name="wb-notices-empty"),
        ),
        rx.link("What you are told, and where", href=routes.NOTIFICATIONS, class_name="wb-notices-foot"),
        aria_label="Notifications",
    )


def _line(notice: rx.Var[NoticeView]) -> rx.Component:
    return rx.el.li(
        rx.link(
            rx.el.span(notice.head, ago(at=notice.at), class_name="wb-notice-head"),
            rx.el.span(notice.title, class_name="wb-notice-title"),
            rx.el.span(notice.text, class_name="wb-notice-text"),
            href=notice.href,
            underline="none",
            on_click=NoticesState.read(notice.id),
            class_name=rx.cond(notice.unread, "wb-notice wb-notice-unread", "wb-notice"),
            data_testid="notice",
        )
    )
