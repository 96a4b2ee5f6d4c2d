"""JSON as it is stored: every JSON value comes back, and what is none is made one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.db.json_text import dump_text, dumps, loads, text_of

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_every_json_value_comes_back(value: Any) -> None:
    assert loads(dumps(value)) == value
    assert loads(dump_text(value)) == value


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (float("inf"), None),
        ([float("nan")], [None]),
        ("\ud800", "\ufffd"),
        ("pair \ud83d\ude00", "pair 😀"),
        ({"\udfff": {"a": "\ud800b"}}, {"\ufffd": {"a": "\ufffdb"}}),
    ],
)
def test_what_json_or_utf_8_do_not_have_is_replaced(value: Any, stored: Any) -> None:
    assert loads(dumps(value)) == stored


def test_deep_values_come_back() -> None:
    value: Any = 1
    for _ in range(200):
        value = [value]
    assert loads(dumps(value)) == value


@pytest.mark.parametrize(("text", "stored"), [("a\x00b", "a\ufffdb"), ("\ud800", "?"), ("é😀", "é😀")])
def test_text_is_made_fit_for_postgres(text: str, stored: str) -> None:
    assert text_of(text) == stored
