"""Data that people edit: what a browser's floats would alter comes back as it was; misfits and changes."""

import json
from typing import Any

import pytest

from workbench.state.task_values import changes_of, decoded, encoded, notes_of


@pytest.mark.parametrize(
    "value",
    [
        {"id": 12345678901234567890, "rate": 1.0, "n": 5, "part": 0.1, "yes": True, "none": None},
        [[2**53, 2**53 - 1, -(2**60)], {"deep": [{"x": 2.0}]}],
        "text",
        1.0,
    ],
)
def test_a_value_comes_back_from_a_browser_as_it_was(value: Any) -> None:
    came_back = decoded(json.loads(json.dumps(encoded(value))))
    assert json.dumps(came_back) == json.dumps(value)


def test_only_numbers_that_floats_cannot_hold_travel_as_texts() -> None:
    assert encoded([1, 0.5, 2**60]) == [1, 0.5, {"$number": str(2**60)}]


@pytest.mark.parametrize("forged", ["x", "true", "[1]", "null"])
def test_what_is_no_number_is_refused(forged: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decoded({"$number": forged})


def test_what_does_not_fit_is_said_at_its_field() -> None:
    schema = {
        "type": "object",
        "properties": {"a/b": {"type": "integer"}, "rows": {"items": {"required": ["n"]}}},
    }
    notes = notes_of(schema, {"a/b": "x", "rows": [{}]})
    assert [note.pointer for note in notes] == ["/a~1b", "/rows/0/n"]


def test_a_change_shows_both_sides_and_can_be_put_back_where_all_of_it_is_known() -> None:
    changes = changes_of({"n": 2**60, "long": "x" * 2_000}, {"n": 1, "long": "y", "new": 2})
    assert [(one.path, one.kind, one.whole) for one in changes] == [
        ("n", "changed", True),
        ("long", "changed", False),
        ("new", "added", True),
    ]
    assert decoded(json.loads(changes[0].before)) == 2**60
