"""The workflow documents that ship with the workbench, as templates to start from."""

import asyncio
from functools import cache
from importlib.resources import files

from engine import compiler
from engine.graph import Document
from workbench.errors import NotFound
from workbench.services import subworkflows
from workbench.services.shapes import Example

FIRST = "hello"
"""The example that a newcomer should open."""


async def list_examples() -> tuple[Example, ...]:
    """Return the shipped examples: the first one to open, then by name."""
    found = await asyncio.to_thread(_documents)
    return tuple(
        Example(
            slug=slug,
            name=document.name,
            description=document.description,
            node_types=tuple(dict.fromkeys(node.type for node in document.nodes)),
        )
        for slug, document in sorted(found.items(), key=lambda item: (item[0] != FIRST, item[1].name))
    )


async def load_example(slug: str) -> Document:
    """Return an example's document. Raises NotFound."""
    found = await asyncio.to_thread(_documents)
    if slug not in found:
        raise NotFound(f"There is no example {slug[:64]!r}.")
    return found[slug].model_copy(deep=True)


async def called_by(document: Document) -> tuple[Document, ...]:
    """Return the shipped examples that `document` pins by their content in its sub-workflow nodes."""
    wanted = {call.config.version for call in subworkflows.calls_of(document)}
    found = await asyncio.to_thread(_documents) if wanted else {}
    called = (example for example in found.values() if example.content_hash() in wanted)
    return tuple(example.model_copy(deep=True) for example in called)


@cache
def _documents() -> dict[str, Document]:
    folder = files("workbench") / "examples"
    documents = {}
    for file in folder.iterdir():
        if file.name.endswith(".json"):
            document, problems = compiler.parse(file.read_bytes())
            if document is None:
                raise ValueError(f"The shipped example {file.name} cannot be read: {problems[0].message}")
            documents[file.name.removesuffix(".json")] = document
    return documents
