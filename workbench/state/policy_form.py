"""The part of the inspector's form about what happens around a node's work: attempts, time, failure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.graph import Node, Policy
from engine.nodes import NodeType
from workbench.state.form_fields import NodeField, problem_of
from workbench.state.views import Choice, ProblemView


@dataclass(frozen=True)
class _PolicyField:
    """A field of the policy; `path` is where its value stands in it."""

    path: str
    title: str
    description: str
    widget: str = "number"
    options: tuple[Choice, ...] = ()


ON_ERROR = (
    Choice("fail", "Fail the run"),
    Choice("continue", "Go on along the error port"),
    Choice("pause", "Wait for a decision"),
)

ACROSS = (Choice("run", "In each run"), Choice("all", "In all runs together"))
CACHE = (Choice("true", "May be reused"), Choice("false", "Always made anew"))

FIELDS = (
    _PolicyField("retry.attempts", "Attempts", "In all, the first one included."),
    _PolicyField("retry.delay_s", "Delay", "Seconds before the second attempt."),
    _PolicyField("retry.backoff", "Backoff", "Each further delay is this many times longer."),
    _PolicyField("retry.max_delay_s", "Longest delay", "Seconds; no delay is longer."),
    _PolicyField(
        "retry.not_on", "Not after", "Kinds of failure that are final, such as http.status, timeout.", "text"
    ),
    _PolicyField("timeout_s", "Time limit", "Seconds one attempt may take; empty: {default}."),
    _PolicyField("total_timeout_s", "Limit in all", "Seconds for all attempts together; empty: none."),
    _PolicyField("on_error", "On error", "After the last attempt.", "select", ON_ERROR),
    _PolicyField(
        "pause.people",
        "Who decides",
        "E-mail addresses of people, names of groups; empty: anybody who may decide.",
        "text",
    ),
    _PolicyField("pause.priority", "Priority", "Of the decision: from 1, most urgent, to 5."),
    _PolicyField("pause.due_s", "Due", "Seconds in which somebody should decide; empty: no due time."),
    _PolicyField("cache", "Output", "When only a part of the draft is run.", "select", CACHE),
    _PolicyField(
        "concurrency.group", "Group", "Nodes of one group share a limit; any name, such as printer.", "text"
    ),
    _PolicyField("concurrency.limit", "At once", "So many nodes of the group work at the same time."),
    _PolicyField("concurrency.across", "Counted", "Where the group's nodes are counted.", "select", ACROSS),
    _PolicyField(
        "compensate",
        "Undone by",
        "The node that undoes this one's work when the run fails or is cancelled later: a step that works, "
        "without connections, in the same map or loop if any.",
        "select",
    ),
)


def policy_fields(
    node: Node, kind: NodeType, problems: Sequence[ProblemView], undoing: Sequence[Choice] = ()
) -> list[NodeField]:
    """Return the fields of what happens around `node`'s work; none where nothing can be retried.

    `undoing` are the nodes that may undo it. Who decides is asked only of a node that waits for a decision.
    """
    if kind.default_timeout_s is None and not kind.retried:
        return []
    default = "none" if kind.default_timeout_s is None else f"{kind.default_timeout_s:g}"
    return [
        NodeField(
            f"policy.{one.path}",
            one.title,
            one.description.format(default=default),
            one.widget,
            text=_shown(_value(node.policy, one.path)),
            options=_with_undoing(node, undoing) if one.path == "compensate" else list(one.options),
            placeholder=default if one.path == "timeout_s" else "",
            problem=problem_of(f"policy.{one.path}", problems),
        )
        for one in FIELDS
        if not one.path.startswith("pause.") or node.policy.on_error == "pause"
    ]


def _with_undoing(node: Node, undoing: Sequence[Choice]) -> list[Choice]:
    """Return what may undo `node`, nothing, and also what is named now, which may not be able to."""
    named = node.policy.compensate
    known = named is None or any(one.value == named for one in undoing)
    return [Choice("", "Nothing"), *undoing, *(() if known else (Choice(str(named), f"{named} (cannot)"),))]


def with_policy(policy: Policy, path: str, value: Any, *, group: str) -> Policy:
    """Return the policy with another value at `path`; empty text brings back the default.

    `group` names the concurrency group of a limit that is typed before the group's name.

    KeyError for a field that there is not; ValidationError for an impossible value.
    """
    if not any(one.path == path for one in FIELDS):
        raise KeyError(path)
    data = policy.model_dump(exclude_defaults=True)
    part, _, name = path.rpartition(".")
    target = data.setdefault(part, {}) if part else data
    read = _READ.get(path)
    target[name] = read(str(value)) if read and value else value
    if value in ("", None):
        del target[name]
    if part == "concurrency":
        nameless = path == "concurrency.group" and not value
        data[part] = {"group": group, "limit": 1, **target} if target and not nameless else None
    if part == "pause" and not target:
        data[part] = None
    return Policy.model_validate(data)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


_READ: dict[str, Callable[[str], Any]] = {
    "retry.not_on": _words,
    "pause.people": _names,
    "cache": lambda text: text == "true",
}
"""How the text of a field becomes its value, where the policy does not read it by itself."""


def _value(policy: Policy, path: str) -> Any:
    value: Any = policy
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)
