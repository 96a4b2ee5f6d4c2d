"""What the pages show: frozen dataclasses made from the services' shapes, holding only what is drawn."""

from dataclasses import dataclass

from engine.errors import Problem


@dataclass(frozen=True)
class Trouble:
    """An error as a person reads it: what happened, what to do, the reference it was logged under."""

    message: str
    hint: str = ""
    reference: str = ""


@dataclass(frozen=True)
class ProblemView:
    """A problem of a document or of a form; `node` and `field` are empty where it belongs to the whole."""

    code: str
    node: str
    field: str
    message: str
    hint: str

    @classmethod
    def of(cls, problem: Problem) -> "ProblemView":
        """Return the view of `problem`."""
        return cls(problem.code, problem.node or "", problem.field or "", problem.message, problem.hint)
