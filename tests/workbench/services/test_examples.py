"""Examples: shipped, readable, and every caller gets a copy."""

import pytest

from workbench.auth.principal import Principal
from workbench.errors import NotFound
from workbench.services import examples, workflows
from workbench.services.resources import Resources


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


async def test_an_example_brings_along_what_it_calls(principal: Principal, resources: Resources) -> None:
    document = await examples.load_example("greet-team")
    for _ in range(2):
        created = await workflows.create_workflow(principal, document=document)
        assert created.problems == ()
    found = (await workflows.list_workflows(principal)).items
    assert sorted(flow.name for flow in found) == ["Greet a team", "Greet a team", "Hello"]
