"""What can go wrong, in two forms: exceptions for the program, plain data for people.

EngineError
├── DocumentInvalid      a document with problems was compiled or started
├── ExpressionError      an expression could not be parsed or evaluated
├── Interrupted          work was cut off for a reason that is not its own
├── NotATest             a run that is no test was given a pinned or edited value
├── DecisionRefused      a decision about a step came too late, is against a rule, or cannot be carried out
└── NodeFailed           a node's work failed; carries a Failure
"""

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """Something a person can mend in a document; shown at its node and field, never raised.

    `code` is a stable kebab-case name, `node` the node's id (None: the document itself), `field` the
    dotted path inside that node (`config.url`) or document (`inputs`), `hint` what to do about it.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    node: str | None = None
    field: str | None = None
    message: str
    hint: str = ""


class Failure(BaseModel):
    """Why a node or a run failed, as data: `kind` is a stable name that retry policies can refer to.

    `node` is the node that failed. A container fails by a node in one of its passes; `place` is where that
    stands (`each/3/fetch`). `detail` is further text, shown line by line as it is: a traceback, what was
    printed.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    message: str
    hint: str = ""
    node: str | None = None
    place: str | None = None
    detail: str = ""


class EngineError(Exception):
    """Root of everything the engine raises on purpose."""


class DocumentInvalid(EngineError):
    """The document has problems, so it cannot be compiled."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            f"The document has {len(problems)} problem(s): {problems[0].message if problems else ''}"
        )
        self.problems = problems


class ExpressionError(EngineError):
    """An expression failed to parse or to evaluate; the message is one line, fit to be shown."""


class Interrupted(EngineError):
    """Work was cut off for a reason that is not its own; it is started again and no attempt is counted."""


class NotATest(EngineError):
    """A run of a published version was given a pinned or edited value: those are for test runs only."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"Run {run_id} is no test run, so no pinned or edited value may stand in it.")


class DecisionRefused(EngineError):
    """A decision was not taken; the message says why, fit to be shown, and `kind` names the rule."""

    def __init__(self, message: str, kind: str = "decision-late") -> None:
        super().__init__(message)
        self.kind = kind


class NodeFailed(EngineError):
    """A node's work failed; `retryable` says whether trying again can help."""

    def __init__(self, failure: Failure, *, retryable: bool = False) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.retryable = retryable
