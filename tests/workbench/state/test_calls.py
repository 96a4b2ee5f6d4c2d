"""What a sub-workflow node offers: choices of workflows and versions, and the inputs to fill in."""

from datetime import UTC, datetime

from workbench.services.shapes import Version
from workbench.state.calls import _inputs, _version_choices
from workbench.state.views import Choice


def version(number: int, *, live: bool = False) -> Version:
    return Version(
        number=number, version_hash="a" * 64, created_at=datetime.now(UTC), created_by="Ada", live=live
    )


def test_versions_are_offered_and_what_is_pinned_stays_among_them() -> None:
    assert _version_choices([version(2, live=True), version(1)], 1) == [
        Choice("2", "Version 2, live"),
        Choice("1", "Version 1"),
    ]
    assert _version_choices([version(1)], 7)[-1] == Choice("7", "Version 7, unknown")
    assert _version_choices([], "a" * 64) == [Choice("a" * 64, "By content aaaaaaaaaaaa")]


def test_inputs_that_are_needed_get_a_row_and_unknown_ones_go() -> None:
    schema = {"properties": {"name": {}, "mark": {"default": "!"}}, "required": ["name", "mark"]}
    assert _inputs({"old": 1, "mark": "?"}, schema) == {"mark": "?", "name": ""}
    assert _inputs(None, {"type": "object"}) == {}
