"""What does not fit a schema is said at its place, in words for who fills in a form."""

from typing import Any

import pytest

from engine.misfits import Misfit, misfits

FILE = {
    "$artifact": "sha256:" + "0" * 64,
    "name": "a.pdf",
    "media_type": "application/pdf",
    "size": 2_000_000,
}


def said(part: dict[str, Any], value: Any) -> list[str]:
    return [one.message for one in misfits(part, value)]


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        ({"type": "integer"}, "old", "This must be a whole number, such as 12."),
        ({"type": ["number", "null"]}, "x", "This must be a number, such as 12 or 0.5."),
        ({"minimum": 3}, 2, "This must be at least 3."),
        ({"exclusiveMaximum": 3}, 3, "This must be less than 3."),
        ({"minLength": 1}, "", "This is needed."),
        ({"maxLength": 2}, "abc", "Write at most 2 characters; these are 3."),
        ({"enum": ["a", "b"]}, "c", "Choose one of: a, b."),
        ({"minItems": 1}, [], "Give at least one."),
        ({"uniqueItems": True}, [1, 1], "The same stands here twice."),
        ({"format": "date"}, "31.3.26", "This must be a date, such as 2026-03-31."),
        ({"format": "time"}, "noon", "This must be a time, such as 14:30."),
        ({"format": "email"}, "ada", "This must be an e-mail address, such as ada@example.org."),
        ({"format": "uri"}, "no address", "This must be a web address, such as https://example.org."),
        ({"pattern": "^A"}, "b", "This does not have the form that is asked for."),
        ({"pattern": "^A", "errorMessage": "Begin with A."}, "b", "Begin with A."),
        ({"minimum": 3, "errorMessage": {"minimum": "Three!"}}, 2, "Three!"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "x", "This must be a whole number, such as 12."),
        ({"format": "file"}, "a.pdf", "Choose a file."),
        ({"format": "file", "accept": ["image/*"]}, FILE, "This file must be one of: image/*."),
        ({"format": "file", "maxBytes": 1_500_000}, FILE, "This file may have at most 1.5 MB."),
    ],
)
def test_it_is_said_in_words(part: dict[str, Any], value: Any, expected: str) -> None:
    assert said(part, value) == [expected]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ({"format": "time"}, "14:30"),
        ({"format": "date-time"}, "2026-03-31T14:30:00Z"),
        ({"format": "uri"}, "https://example.org/a"),
        ({"format": "file", "accept": ["image/*", "application/pdf"], "maxBytes": 5_000_000}, FILE),
    ],
)
def test_what_fits_is_not_spoken_of(part: dict[str, Any], value: Any) -> None:
    assert said(part, value) == []


def test_it_stands_at_its_place() -> None:
    line = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    schema = {"properties": {"lines": {"type": "array", "items": line}}, "required": ["name"]}
    found = misfits(schema, {"lines": [{"n": 1}, {"n": "x"}, {}]})
    assert {one.place: one.message for one in found} == {
        "lines[1].n": "This must be a whole number, such as 12.",
        "lines[2].n": "This is needed.",
        "name": "This is needed.",
    }


def test_a_schema_that_cannot_be_used_is_said() -> None:
    [one] = misfits({"$ref": "#/gone"}, 1)
    assert one == Misfit((), one.message)
    assert "cannot be used" in one.message
