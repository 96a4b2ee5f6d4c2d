"""A draft whose steps ask a witness, so that it can be told which of them really acted."""

import asyncio
from typing import Any

from engine.graph import Document, Edge, Node, Policy
from workbench.auth.principal import Principal
from workbench.services import drafts, notebook, runs, workflows
from workbench.services.edits import Configure
from workbench.services.shapes import RunDetail


class Draft:
    """A draft: `a`, `b` and `c` ask the witness, each after the one before; `d` stands beside `b`."""

    def __init__(self, principal: Principal, workflow_id: str) -> None:
        self.principal = principal
        self.id = workflow_id

    async def run(self, what: Any = "all", node: str = "", **more: Any) -> RunDetail:
        """Run a part, to its end."""
        started = await notebook.run(self.principal, self.id, what=what, node=node, **more)
        return await self.ended(started.id)

    async def ended(self, run_id: str) -> RunDetail:
        while not await runs.has_ended(self.principal, run_id):
            await asyncio.sleep(0.02)
        return await runs.get_run(self.principal, run_id)

    async def change(self, node: str, **config: Any) -> None:
        detail = await workflows.get_workflow(self.principal, self.id)
        operation = Configure(id=node, config=config)
        await drafts.apply(self.principal, self.id, operation=operation, revision=detail.revision)

    async def standings(self) -> dict[str, str]:
        found = await notebook.read(self.principal, self.id)
        return {node.node_id: node.standing for node in found.nodes}


def chain(url: str, *uncached: str) -> Document:
    def ask(node_id: str) -> Node:
        policy = Policy(cache=node_id not in uncached)
        return Node(
            id=node_id, type="http", config={"url": f"{url}/{node_id}?of={{{{ inputs.of }}}}"}, policy=policy
        )

    pairs = (("a", "b"), ("b", "c"), ("a", "d"), ("c", "end"))
    output = Node(id="end", type="output", config={"name": "end", "value": "{{ nodes.c.output.path }}"})
    return Document(
        name="Chain",
        inputs={"type": "object", "properties": {"of": {"type": "string", "default": "x"}}},
        nodes=[*(ask(name) for name in "abcd"), output],
        edges=[Edge(source=source, target=target) for source, target in pairs],
    )


async def draft_of(principal: Principal, document: Document) -> Draft:
    return Draft(principal, (await workflows.create_workflow(principal, document=document)).id)


def origins(run: RunDetail) -> dict[str, tuple[str, str | None]]:
    return {node.node_id: (node.origin.kind, node.origin.run_id) for node in run.nodes if node.origin}
