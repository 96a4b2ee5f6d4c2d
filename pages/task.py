"""One task: its context, what is proposed, the decision, the run behind it, and what was said about it."""

import reflex as rx

from components import frame, skeleton, theme
from components.moments import ago
from components.output.viewer import markdown
from components.scripts import script
from components.task import pause
from components.task.aside import hand_on_dialog, precedents, snooze_dialog
from components.task.data import proposal
from components.task.decision import PageKeys, bar, decision, outcome
from components.task.deliveries import deliveries
from components.task.run import run_so_far
from components.task.story import story
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.base import AppState
from workbench.state.task import TaskState
from workbench.state.task_aside import TaskAsideState
from workbench.state.task_data import TaskDataState

HEAD = TaskState.head
ASIDE = TaskAsideState


class Fold(rx.Component):
    """Folds what is taller than `height` pixels until somebody asks for all of it."""

    library = script("components.task.data", "fold.jsx")
    tag = "Fold"

    height: rx.Var[int]


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(rx.cond(HEAD.id != "", _task(), skeleton.rows(6)), class_name="wb-column wb-task"),
        snooze_dialog(),
        hand_on_dialog(),
        PageKeys.create(),
        section="inbox",
        needs=Action.TASKS_READ,
        where=(rx.link("Inbox", href=routes.INBOX, underline="hover"), HEAD.title),
        actions=(_neighbours(), rx.cond(HEAD.asks & _may_decide(), _ways())),
        retry=TaskState.load,
    )


def _may_decide() -> rx.Var[bool]:
    return AppState.may.contains(Action.TASKS_DECIDE.value)


def _neighbours() -> rx.Component:
    return rx.el.span(
        _neighbour("chevron-up", "Previous task", "k", TaskState.before),
        _neighbour("chevron-down", "Next task", "j", TaskState.after),
        class_name="wb-task-neighbours",
    )


def _neighbour(icon: str, label: str, key: str, href: rx.Var[str]) -> rx.Component:
    return rx.cond(
        href != "",
        rx.link(
            theme.icon(icon),
            href=href,
            title=f"{label} ({key.upper()})",
            aria_label=label,
            class_name="wb-icon-button",
            data_key=key,
        ),
    )


def _ways() -> rx.Component:
    return rx.fragment(
        _way("Release", "Let others have it", TaskState.claim(False), "claim", HEAD.mine),
        _way("Claim", "Keep it for yourself", TaskState.claim(True), "claim", HEAD.claimed == ""),
        _way("Hand on", "Let somebody else decide (H)", ASIDE.ask("hand"), "hand-on", True, key="h"),
        rx.cond(
            ASIDE.snoozed != "",
            _way("Wake", "Back into your queues", ASIDE.wake, "wake", True),
            _way("Snooze", "Out of sight for a while (S)", ASIDE.ask("snooze"), "snooze", True, key="s"),
        ),
    )


def _way(
    words: str, title: str, press: rx.event.EventType, testid: str, shown: rx.Var[bool] | bool, key: str = ""
) -> rx.Component:
    button = rx.button(
        words,
        size="2",
        variant="soft",
        color_scheme="gray",
        title=title,
        on_click=press,
        data_testid=testid,
        **({"data_key": key} if key else {}),
    )
    return button if shown is True else rx.cond(shown, button)


def _task() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _done(),
            _facts(),
            rx.cond(
                HEAD.context != "",
                _section(Fold.create(markdown(text=HEAD.context), height=560, key=HEAD.id)),
            ),
            rx.cond(HEAD.pause, pause.what_failed()),
            rx.cond(
                ~HEAD.fills & ~HEAD.pause & TaskDataState.proposed.there,
                _section(proposal(), title="What is proposed"),
            ),
            rx.cond(HEAD.asks, rx.cond(_may_decide(), _decides(), _only_looks()), outcome()),
            class_name="wb-task-main",
        ),
        rx.el.aside(precedents(), class_name="wb-task-side"),
        rx.el.div(
            run_so_far(), _section(story(), deliveries(HEAD.id), title="History"), class_name="wb-task-rest"
        ),
        class_name="wb-task-grid",
    )


def _section(*content: rx.Component, title: str = "") -> rx.Component:
    heading = rx.el.h2(title, class_name="wb-section-title") if title else rx.fragment()
    return rx.el.section(heading, *content, class_name="wb-section")


def _decides() -> rx.Component:
    return rx.cond(HEAD.pause, pause.decision(), rx.fragment(decision(), bar()))


def _only_looks() -> rx.Component:
    return rx.el.p(
        "It waits for a decision. Your role here lets you look, not decide.", class_name="wb-field-hint"
    )


def _done() -> rx.Component:
    return rx.cond(
        TaskState.done.id != "",
        rx.el.div(
            theme.icon("check"),
            rx.el.span("“", TaskState.done.title, "”: you ", TaskState.done.did, ". ", class_name="wb-cut"),
            rx.el.button(
                "Undo",
                type="button",
                title="Take it back (Z), as long as the run has not been told",
                on_click=TaskState.undo,
                data_key="z",
                class_name="wb-link-button",
                data_testid="undo",
            ),
            rx.cond(
                TaskState.done.id != HEAD.id,
                rx.link("Back to it", href=TaskState.done.href, underline="hover"),
            ),
            rx.el.button(
                theme.icon("x"),
                type="button",
                aria_label="Close",
                title="Close",
                on_click=TaskState.forget_done,
                class_name="wb-icon-button",
            ),
            role="status",
            class_name="wb-task-done",
            data_testid="done",
        ),
    )


def _facts() -> rx.Component:
    return rx.el.p(
        "Asked ",
        ago(at=HEAD.opened_at),
        " by a run of ",
        rx.link(HEAD.workflow, href=HEAD.run),
        rx.cond(HEAD.due_at != "", rx.fragment(", due ", ago(at=HEAD.due_at))),
        rx.cond(HEAD.asks & (HEAD.expires_at != ""), rx.fragment(", expires ", ago(at=HEAD.expires_at))),
        rx.cond(HEAD.claimed != "", rx.fragment(", claimed by ", HEAD.claimed)),
        rx.cond(HEAD.quorum > 1, rx.fragment(". ", HEAD.quorum.to(str), " people have to approve")),
        rx.cond(ASIDE.snoozed != "", rx.fragment(". Snoozed: back ", ago(at=ASIDE.snoozed))),
        ".",
        rx.cond(
            HEAD.priority < 3, rx.el.span(theme.icon("flag"), "Urgent", class_name="wb-status wb-tone-wait")
        ),
        class_name="wb-row-quiet wb-task-facts",
    )
