"""The inbox: what running workflows ask people, by queues that live in the address."""

import reflex as rx

from components import frame, skeleton, theme
from components.empty import empty_state
from components.moments import ago
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.inbox import QUEUES, InboxState, TaskView


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        frame.column(
            rx.el.nav(
                *[_queue(queue, words) for queue, words in QUEUES.items()],
                aria_label="Lists of tasks",
                class_name="wb-filters wb-inbox-queues",
            ),
            rx.cond(InboxState.loaded, _tasks(), skeleton.rows(8)),
        ),
        section="inbox",
        needs=Action.TASKS_READ,
        where=("Inbox",),
        retry=InboxState.load,
    )


def _queue(queue: str, words: str) -> rx.Component:
    return rx.link(
        words,
        href=routes.inbox(queue),
        underline="none",
        class_name="wb-filter",
        aria_current=rx.cond(InboxState.queue == queue, "page", "false"),
    )


def _tasks() -> rx.Component:
    return rx.cond(
        InboxState.rows.length() > 0,
        rx.fragment(
            rx.el.ul(rx.foreach(InboxState.rows, _task), class_name="wb-list", data_testid="tasks"),
            rx.cond(
                InboxState.cursor != "",
                rx.el.div(
                    rx.button("Load more", variant="soft", color_scheme="gray", on_click=InboxState.more),
                    class_name="wb-list-foot",
                ),
            ),
        ),
        empty_state(
            "inbox",
            "Nothing here",
            "When a running workflow asks for an approval, a review or a form, it is here to be decided.",
        ),
    )


def _task(row: rx.Var[TaskView]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.link(row.title, href=row.href, class_name="wb-row-link"),
                rx.cond(
                    row.urgent, rx.el.span(theme.icon("flag"), "Urgent", class_name="wb-status wb-tone-wait")
                ),
                class_name="wb-row-title",
            ),
            rx.el.div(
                row.kind,
                " · ",
                row.workflow,
                rx.cond(row.claimed != "", rx.fragment(" · claimed by ", row.claimed)),
                rx.cond(row.due_at != "", rx.fragment(" · due ", ago(at=row.due_at))),
                class_name="wb-row-quiet",
            ),
            class_name="wb-row-main",
        ),
        rx.el.span(
            rx.cond(row.outcome != "", rx.fragment(row.outcome, " · ")),
            ago(at=row.opened_at),
            class_name="wb-row-quiet",
        ),
        class_name="wb-row wb-row-audit",
    )
