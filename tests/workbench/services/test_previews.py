"""Previews: short, readable, and cheap for values of any size."""

import pytest

from workbench.services.previews import MAX_CHARACTERS, preview_of


@pytest.mark.parametrize(
    ("value", "preview"),
    [
        (None, ""),
        ("plain text", "plain text"),
        ({"b": 1, "a": "é"}, '{\n  "b": 1,\n  "a": "é"\n}'),
        (False, "false"),
        ({"$artifact": "sha256:1", "name": "feed.xml", "size": 1_500}, "feed.xml (1.5 KB)"),
        ("nul \x00", "nul \ufffd"),
    ],
)
def test_a_preview_shows_the_value(value: object, preview: str) -> None:
    assert preview_of(value) == preview


@pytest.mark.parametrize("value", ["x" * 10**6, ["x" * 10**6], list(range(10**6)), {"k" * 10**5: 1}])
def test_a_large_value_is_cut(value: object) -> None:
    preview = preview_of(value)
    assert len(preview) == MAX_CHARACTERS
    assert preview.endswith("…")
