"""Errors of the application that a caller can act on; each knows the HTTP status it becomes.

WorkbenchError
├── Unauthenticated  401  the caller does not prove who it is
│   └── CodeNeeded         the password was right; a code has to come with it
├── Forbidden        403  the caller is known and may not do this
├── NotFound         404  no such thing, or not yours
├── Conflict         409  the state has moved on
│   └── StaleRevision      the draft was changed since it was read
├── TooMany          429  tried too often; says when to try again
├── Invalid          422  what was sent has problems; carries them
└── Unavailable      503  a service behind us does not answer
"""

from engine.errors import Problem


class WorkbenchError(Exception):
    """Root of the tree. The message says what is wrong and what to do, fit to be shown to a person."""

    status = 500
    code = "internal"


class Unauthenticated(WorkbenchError):
    """The caller does not prove that it may do this."""

    status = 401
    code = "unauthenticated"


class CodeNeeded(Unauthenticated):
    """The password is right, and a code of the second factor has to come with it, or another than it did."""

    code = "code-needed"


class Forbidden(WorkbenchError):
    """The caller may not do `action`."""

    status = 403
    code = "forbidden"

    def __init__(self, action: str, message: str) -> None:
        super().__init__(message)
        self.action = action


class NotFound(WorkbenchError):
    """There is no such thing, or the principal may not know of it."""

    status = 404
    code = "not-found"


class Conflict(WorkbenchError):
    """The request was right for a state that is no longer there."""

    status = 409
    code = "conflict"


class KeyUsed(Conflict):
    """An idempotency key stood for another request."""


class StaleRevision(Conflict):
    """An edit was based on revision `based_on`, but the draft is at `current`."""

    code = "stale-revision"

    def __init__(self, *, based_on: int, current: int) -> None:
        super().__init__(
            f"The draft is at revision {current}; your change was based on revision {based_on}. "
            "Reload the draft, then make the change again."
        )
        self.based_on = based_on
        self.current = current


class TooMany(WorkbenchError):
    """Something was tried too often; it can be tried again after `retry_after_s` seconds."""

    status = 429
    code = "too-many"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Invalid(WorkbenchError):
    """What was sent has problems; all of them are in `problems`."""

    status = 422
    code = "invalid"

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class Unavailable(WorkbenchError):
    """A service that this needs does not answer; the message names it."""

    status = 503
    code = "unavailable"
