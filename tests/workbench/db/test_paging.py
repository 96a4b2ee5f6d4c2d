"""Cursors: what was given out is understood, and everything else is a mistake with a name."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.db.paging import MAX_LIMIT, decode_cursor, encode_cursor, page_size
from workbench.errors import Invalid


def test_a_cursor_is_understood_to_the_microsecond() -> None:
    position = (datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "019e0000-0000-7000-8000-000000000000")
    assert decode_cursor(encode_cursor(*position)) == position


@pytest.mark.parametrize("cursor", [None, ""])
def test_no_cursor_is_the_first_page(cursor: str | None) -> None:
    assert decode_cursor(cursor) is None


@given(st.text(min_size=1, max_size=80))
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(text)


@pytest.mark.parametrize(("asked", "given_"), [(-1, 1), (0, 1), (50, 50), (10**9, MAX_LIMIT)])
def test_a_page_is_never_empty_and_never_huge(asked: int, given_: int) -> None:
    assert page_size(asked) == given_
