"""The document as data: written so that it can be compared and merged, and hashed by what it says."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from engine import compiler
from engine.graph import Document
from tests.engine import documents as d


def test_the_canonical_text_has_sorted_keys_and_reads_back() -> None:
    text = d.document(d.start(), d.transform("b"), edges=("start > b",)).canonical()
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=2) + "\n"
    assert Document.model_validate_json(text).canonical() == text


def test_the_hash_is_that_of_the_content() -> None:
    document = d.document(d.transform("a", {"x": 1, "y": 2}))
    same = d.document(d.transform("a", {"y": 2, "x": 1}, title="", position={"x": 0, "y": 0}))
    assert document.content_hash() == same.content_hash()
    assert len(document.content_hash()) == 64


@pytest.mark.parametrize(
    "change",
    [{"name": "Other"}, {"description": "x"}, {"outputs": {"a": 1}}, {"nodes": [d.transform("a", 2)]}],
)
def test_any_change_changes_the_hash(change: dict[str, Any]) -> None:
    document = d.raw(d.transform("a", 1))
    changed = Document.model_validate(document | change)
    assert Document.model_validate(document).content_hash() != changed.content_hash()


@pytest.mark.parametrize("id", ["", "A", "1a", "a-b", "a b", "a" * 64, "ä", "a\n"])
def test_an_id_is_a_slug_that_expressions_can_name(id: str) -> None:
    with pytest.raises(ValidationError):
        d.document(d.transform(id))


def test_positions_are_finite() -> None:
    with pytest.raises(ValidationError):
        d.document(d.transform("a", position={"x": float("inf"), "y": 0}))


def test_the_published_schema_describes_the_format() -> None:
    schema = compiler.json_schema()
    assert schema["properties"]["format"]["const"] == "workbench/1"
    assert schema["additionalProperties"] is False
    assert {"Node", "Edge", "Policy", "Retry", "Position"} <= set(schema["$defs"])
