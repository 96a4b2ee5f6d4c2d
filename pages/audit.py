"""The audit log: who changed whose access and who was refused, with filters that live in the address."""

import reflex as rx

from components import frame, skeleton, theme
from components.empty import empty_state
from components.moments import ago
from components.settings_nav import settings_nav
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.audit import OUTCOMES, AuditState, AuditView

EXPORT = "/api/v1/audit/export?format="


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        frame.column(
            settings_nav(routes.AUDIT),
            rx.cond(
                AuditState.loaded,
                rx.fragment(_toolbar(), _verdict(), _entries()),
                skeleton.rows(10),
            ),
        ),
        section="settings",
        needs=Action.AUDIT_READ,
        where=(rx.el.a("Settings", href=routes.SETTINGS, class_name="wb-crumb"), "Audit log"),
        actions=(
            _export("csv", "Export CSV"),
            _export("ndjson", "Export JSON"),
            rx.cond(
                AuditState.everything,
                rx.button("Verify", size="2", variant="soft", on_click=AuditState.verify),
            ),
        ),
        retry=AuditState.load,
    )


def _export(format: str, words: str) -> rx.Component:
    return rx.el.a(
        theme.icon("download"),
        words,
        href=f"{EXPORT}{format}&" + AuditState.exports,
        download=True,
        reload_document=True,  # else the page's router looks for a page of ours there
        class_name="wb-row-quiet wb-export",
    )


def _toolbar() -> rx.Component:
    outcome = rx.el.select(
        rx.el.option("Done and refused", value=""),
        *[rx.el.option(words, value=outcome) for outcome, words in OUTCOMES.items()],
        value=AuditState.outcome,
        on_change=AuditState.choose_outcome,
        aria_label="Filter by outcome",
        class_name="wb-input wb-select wb-filter-select",
    )
    return rx.el.form(
        rx.el.div(
            _search("actor", AuditState.actor, "Who: a name or an id"),
            _search("action", AuditState.action, "What: members, sign-in …"),
            outcome,
            rx.el.button("Filter", type="submit", hidden=True),
            class_name="wb-toolbar wb-audit-filters",
        ),
        on_submit=AuditState.search,
        role="search",
    )


def _search(name: str, value: rx.Var[str], words: str) -> rx.Component:
    return rx.el.input(
        name=name,
        type="search",
        default_value=value,
        key=value,
        placeholder=words,
        aria_label=words,
        auto_complete="off",
        spell_check=False,
        class_name="wb-input",
    )


def _verdict() -> rx.Component:
    tone = rx.cond(AuditState.broken, "wb-status wb-tone-fail", "wb-status wb-tone-ok")
    return rx.cond(
        AuditState.verdict != "",
        rx.el.p(
            rx.cond(AuditState.broken, theme.icon("circle-x"), theme.icon("circle-check")),
            AuditState.verdict,
            role="status",
            class_name=tone,
            data_testid="verdict",
        ),
    )


def _entries() -> rx.Component:
    return rx.cond(
        AuditState.rows.length() > 0,
        rx.fragment(
            rx.el.ul(rx.foreach(AuditState.rows, _entry), class_name="wb-list", data_testid="entries"),
            rx.cond(
                AuditState.cursor != "",
                rx.el.div(
                    rx.button(
                        "Load older", size="2", variant="soft", color_scheme="gray", on_click=AuditState.more
                    ),
                    class_name="wb-list-foot",
                ),
            ),
        ),
        empty_state(
            "shield-check",
            "Nothing here",
            "Changes of who may do what, and every attempt that was refused, are kept here.",
        ),
    )


def _entry(row: rx.Var[AuditView]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.code(row.what),
                rx.cond(
                    row.refused,
                    rx.el.span(theme.icon("circle-x"), "Refused", class_name="wb-status wb-tone-fail"),
                ),
                class_name="wb-audit-what",
            ),
            rx.el.div(
                row.who,
                rx.cond(row.target != "", rx.el.code(row.target, class_name="wb-row-quiet")),
                rx.cond(row.address != "", rx.el.span("from ", row.address, class_name="wb-row-quiet")),
                class_name="wb-audit-who",
            ),
            rx.cond(row.detail != "", rx.el.code(row.detail, class_name="wb-audit-detail")),
            class_name="wb-row-main",
        ),
        rx.el.span(ago(at=row.at), class_name="wb-row-quiet"),
        class_name="wb-row wb-row-audit",
    )
