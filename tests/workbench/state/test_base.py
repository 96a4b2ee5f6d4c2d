"""Errors as a person reads them."""

import structlog

from engine.errors import Problem
from workbench.errors import Conflict, Invalid
from workbench.state.base import describe


def test_an_error_of_ours_speaks_for_itself() -> None:
    assert describe(Conflict("Cancel the run first.")).message == "Cancel the run first."


def test_every_problem_is_told() -> None:
    problems = (
        Problem(code="a", message="The URL is missing."),
        Problem(code="b", message="So is the name."),
    )
    trouble = describe(Invalid("The draft cannot be run.", problems))
    assert trouble.hint.splitlines() == ["The URL is missing.", "So is the name."]


def test_an_unexpected_error_is_logged_under_the_reference_that_is_shown() -> None:
    with structlog.testing.capture_logs() as lines:
        trouble = describe(RuntimeError("a secret detail"))
    assert trouble.reference
    assert trouble.reference in trouble.hint
    assert lines[0]["reference"] == trouble.reference
    assert "secret" not in trouble.message + trouble.hint
