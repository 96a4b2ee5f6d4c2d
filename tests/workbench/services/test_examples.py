"""Examples: shipped, readable, and every caller gets a copy."""

import pytest

from workbench.errors import NotFound
from workbench.services import examples


async def test_the_greeting_is_shipped() -> None:
    found = {example.slug: example for example in await examples.list_examples()}
    assert "hello" in found
    assert "output" in found["hello"].node_types


async def test_the_simplest_example_comes_first() -> None:
    first, *others = [example.name for example in await examples.list_examples()]
    assert first == "Hello"
    assert others == sorted(others)


async def test_changing_an_example_changes_nobody_elses() -> None:
    (await examples.load_example("hello")).nodes.clear()
    assert (await examples.load_example("hello")).nodes


async def test_an_unknown_example_is_not_found() -> None:
    with pytest.raises(NotFound):
        await examples.load_example("../settings")
