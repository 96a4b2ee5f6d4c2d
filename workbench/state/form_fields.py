"""What the inspector's form is made of: fields, what a select offers, and the problems below them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.state.views import Choice, ProblemView


@dataclass(frozen=True)
class Pair:
    """A row of a key and value field."""

    key: str
    value: str


@dataclass(frozen=True)
class NodeField:
    """One field of the form. `path` is where its value stands in the node: `config.url`.

    `listed` are the items of a list that is edited one by one; `written` says that it is an expression.
    """

    path: str
    title: str
    description: str
    widget: str
    text: str = ""
    checked: bool = False
    pairs: list[Pair] = field(default_factory=list)
    options: list[Choice] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    written: bool = False
    placeholder: str = ""
    problem: str = ""
    hint: str = ""
    required: bool = False
    secrets: bool = False


@dataclass(frozen=True)
class FieldGroup:
    """Fields that belong together, below a title and a word on what they are for."""

    title: str
    hint: str
    fields: list[NodeField]


def problem_of(path: str, problems: Sequence[ProblemView]) -> str:
    """Return what is wrong with the field at `path`, a line for each problem."""
    mine = [one for one in problems if one.field == path or one.field.startswith(f"{path}.")]
    return "\n".join(_words(one, path) for one in mine)


def _words(problem: ProblemView, path: str) -> str:
    """Return a problem as it stands below its field, whose name need not be said again."""
    if problem.code == "missing-config" and problem.field == path:
        return "Fill this in."
    suggestion = problem.hint if problem.hint.startswith("Did you mean") else ""
    return f"{problem.message} {suggestion}".rstrip()
