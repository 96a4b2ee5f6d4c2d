"""The list of runs, newest first, with filters that live in the address; it follows what happens."""

import reflex as rx

from components import frame, skeleton
from components.empty import empty_state
from components.moments import ago, took
from components.run.labels import run_label
from components.short_id import short_id
from components.status import STATUSES, status_badge
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.runs import TRIGGERS, RunsState
from workbench.state.views import Choice, RunRow

FILTERS = ("running", "waiting", "succeeded", "failed", "cancelled")


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        frame.column(
            rx.cond(RunsState.loaded, _runs(), skeleton.rows(10)),
        ),
        section="runs",
        needs=Action.RUNS_READ,
        where=("Runs",),
        retry=RunsState.load,
    )


def _toolbar() -> rx.Component:
    return rx.el.div(
        rx.el.nav(
            _filter("", "All"),
            *[_filter(status, STATUSES[status].label) for status in FILTERS],
            aria_label="Filter by status",
            class_name="wb-filters",
        ),
        rx.el.select(
            rx.el.option("All workflows", value=""),
            rx.foreach(RunsState.workflows, _option),
            value=RunsState.workflow_id,
            on_change=RunsState.choose_workflow,
            aria_label="Filter by workflow",
            class_name="wb-input wb-select wb-filter-select",
            data_testid="workflow-filter",
        ),
        rx.el.select(
            rx.el.option("However started", value=""),
            *[rx.el.option(words, value=kind) for kind, words in TRIGGERS.items()],
            value=RunsState.trigger,
            on_change=RunsState.choose_trigger,
            aria_label="Filter by what started it",
            class_name="wb-input wb-select wb-filter-select",
            data_testid="trigger-filter",
        ),
        rx.el.form(
            rx.el.input(
                name="label",
                type="search",
                default_value=RunsState.label,
                key=RunsState.label,
                placeholder="Label, such as env:prod",
                aria_label="Filter by label",
                auto_complete="off",
                spell_check=False,
                aria_invalid=rx.cond(RunsState.label_error != "", "true", "false"),
                class_name="wb-input",
                data_testid="label-filter",
            ),
            rx.cond(
                RunsState.label_error != "",
                rx.el.p(RunsState.label_error, role="alert", class_name="wb-field-error"),
            ),
            on_submit=RunsState.choose_label,
            class_name="wb-filter-label",
        ),
        class_name="wb-toolbar",
    )


def _option(choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.option(choice.label, value=choice.value)


def _filter(status: str, label: str) -> rx.Component:
    return rx.link(
        label,
        href=f"{routes.RUNS}?status={status}&" + RunsState.others,
        underline="none",
        aria_current=rx.cond(RunsState.status == status, "page", "false"),
        class_name="wb-filter",
        data_testid=f"filter-{status or 'all'}",
    )


def _runs() -> rx.Component:
    filtered = (RunsState.status != "") | (RunsState.others != "")
    return rx.cond(
        RunsState.rows.length() > 0,
        rx.fragment(_toolbar(), _list()),
        rx.cond(
            filtered,
            rx.fragment(
                _toolbar(),
                empty_state(
                    "list-filter",
                    "No such runs",
                    "No run matches these filters.",
                    rx.link(rx.button("Show all runs", size="2", variant="soft"), href=routes.RUNS),
                ),
            ),
            empty_state(
                "history",
                "Nothing has run yet",
                "Each run of a workflow is kept here with the outputs of every step.",
                rx.link(rx.button("Go to workflows", size="2"), href=routes.WORKFLOWS),
            ),
        ),
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            *[rx.el.span(name) for name in ("Workflow", "Status", "Version", "Started", "Took", "By")],
            aria_hidden="true",
            class_name="wb-row wb-row-head wb-row-of-run",
        ),
        rx.el.ul(
            rx.foreach(RunsState.rows, _row), aria_label="Runs", class_name="wb-list", data_testid="run-list"
        ),
        rx.cond(
            RunsState.cursor != "",
            rx.el.div(
                rx.button(
                    "Load more", variant="soft", color_scheme="gray", size="2", on_click=RunsState.more
                ),
                class_name="wb-list-foot",
            ),
            rx.fragment(),
        ),
    )


def _row(row: rx.Var[RunRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.link(
                    row.workflow,
                    href=row.href,
                    underline="none",
                    class_name="wb-row-link",
                    title=row.workflow,
                ),
                short_id(value=row.id),
                rx.foreach(row.labels, run_label),
                class_name="wb-row-title",
            ),
            rx.cond(
                row.error != "",
                rx.el.span(row.error, title=row.error, class_name="wb-row-note wb-tone-fail"),
                rx.fragment(),
            ),
            class_name="wb-row-main",
        ),
        status_badge(row.status),
        rx.el.span(row.version, class_name="wb-row-quiet wb-row-wide"),
        rx.el.span(ago(at=row.created_at), class_name="wb-row-quiet"),
        rx.el.span(took(since=row.started_at, until=row.finished_at), class_name="wb-row-quiet"),
        rx.el.span(row.started_by, title=row.started_by, class_name="wb-row-quiet wb-row-wide wb-cut"),
        class_name="wb-row wb-row-of-run",
        data_testid="run-row",
        data_status=row.status,
    )
