"""Two runs side by side, node by node."""

import reflex as rx

from components import frame, theme
from components.empty import empty_state
from components.moments import ago
from components.short_id import short_id
from components.status import status_badge
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.compare import ChangeRow, CompareState, NodeRow, SideView
from workbench.state.run_views import RunHead

DIFFERENCES = {
    "same": ("equal", "Same", "quiet"),
    "changed": ("diff", "Changed", "wait"),
    "only_before": ("minus", "Only in the first", "fail"),
    "only_after": ("plus", "Only in the second", "ok"),
}
"""An icon, a word and a tone for each, so that colour is never alone."""


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.cond(CompareState.before.id != "", _comparison(), _others()),
        section="runs",
        needs=Action.RUNS_READ,
        where=(
            rx.link("Runs", href=routes.RUNS, underline="hover"),
            rx.el.h1("Compare runs", class_name="wb-heading"),
        ),
        retry=CompareState.load,
    )


def _comparison() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(),
            _head(CompareState.before, "First"),
            _head(CompareState.after, "Second"),
            class_name="wb-compare-row wb-compare-head",
        ),
        rx.el.label(
            rx.switch(
                checked=CompareState.only_changed,
                on_change=CompareState.show_changed,
                size="1",
                data_testid="only-changed",
            ),
            "Only what differs",
            class_name="wb-field-switch",
        ),
        _values("Inputs", CompareState.inputs, "compare-inputs"),
        _values("Outputs", CompareState.outputs, "compare-outputs"),
        rx.el.ul(rx.foreach(CompareState.nodes, _node), class_name="wb-compare", data_testid="compare"),
        class_name="wb-compare-page",
    )


def _head(run: rx.Var[RunHead], word: str) -> rx.Component:
    return rx.el.div(
        rx.el.span(word, class_name="wb-row-quiet"),
        rx.link(run.workflow_name, href="/runs/" + run.id, underline="hover"),
        short_id(value=run.id),
        status_badge(run.status),
        rx.el.span(run.version, " · ", run.duration, class_name="wb-row-quiet"),
        rx.el.span(ago(at=run.started_at), class_name="wb-row-quiet"),
        class_name="wb-compare-run",
    )


def _values(title: str, changes: rx.Var[list[ChangeRow]], testid: str) -> rx.Component:
    return rx.cond(
        changes.length() > 0,
        rx.el.section(rx.el.h3(title), _changes(changes), class_name="wb-compare-values", data_testid=testid),
    )


def _node(row: rx.Var[NodeRow]) -> rx.Component:
    return rx.cond(
        ~CompareState.only_changed | (row.difference != "same"),
        rx.el.li(
            rx.el.div(
                rx.el.div(rx.el.code(row.node), _difference(row.difference), class_name="wb-compare-name"),
                _side(row.before),
                _side(row.after),
                class_name="wb-compare-row",
            ),
            rx.cond(row.changes.length() > 0, _changes(row.changes)),
            data_testid="compare-" + row.node,
            data_difference=row.difference,
        ),
    )


def _difference(name: rx.Var[str]) -> rx.Component:
    marks = [
        (key, rx.el.span(theme.icon(icon), word, class_name=f"wb-status wb-tone-{tone}"))
        for key, (icon, word, tone) in DIFFERENCES.items()
    ]
    return rx.match(name, *marks, rx.fragment())


def _side(side: rx.Var[SideView]) -> rx.Component:
    return rx.el.div(
        rx.cond(
            side.status != "",
            rx.fragment(
                status_badge(side.status),
                rx.cond(side.origin != "", rx.el.span(side.origin, class_name="wb-row-quiet")),
                rx.cond(side.duration != "", rx.el.span(side.duration, class_name="wb-row-quiet")),
                rx.cond(side.error != "", rx.el.span(side.error, class_name="wb-tone-fail wb-cut")),
            ),
            rx.el.span("no part of this run", class_name="wb-row-quiet"),
        ),
        class_name="wb-compare-side",
    )


def _changes(changes: rx.Var[list[ChangeRow]]) -> rx.Component:
    return rx.el.table(
        rx.el.tbody(
            rx.foreach(
                changes,
                lambda change: rx.el.tr(
                    rx.el.th(change.path, scope="row"),
                    rx.el.td(
                        rx.cond(change.before != "", change.before, "–"), class_name="wb-compare-before"
                    ),
                    rx.el.td(rx.cond(change.after != "", change.after, "–"), class_name="wb-compare-after"),
                ),
            )
        ),
        class_name="wb-compare-changes",
    )


def _others() -> rx.Component:
    return rx.cond(
        CompareState.others.length() > 0,
        rx.el.div(
            rx.el.p("Compare this run with another one of the same workflow:", class_name="wb-field-hint"),
            rx.el.ul(
                rx.foreach(CompareState.others, _other), class_name="wb-list", data_testid="compare-others"
            ),
            class_name="wb-compare-page",
        ),
        empty_state(
            "diff",
            "Nothing to compare yet",
            "Open a run and press Compare; its workflow needs another run.",
            rx.link(rx.button("Go to runs", size="2"), href=routes.RUNS),
        ),
    )


def _other(run: rx.Var[RunHead]) -> rx.Component:
    return rx.el.li(
        rx.link(
            short_id(value=run.id),
            href="/compare?before=" + run.id + "&after=" + CompareState.after.id,
            underline="none",
            class_name="wb-row-link",
        ),
        status_badge(run.status),
        rx.el.span(run.version, class_name="wb-row-quiet"),
        rx.el.span(ago(at=run.started_at), class_name="wb-row-quiet"),
        class_name="wb-row wb-compare-other",
    )
