"""What a sub-workflow node may run: workflows with a published version, and the versions of one of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from engine import nodes
from engine.graph import Document, Node
from workbench import routes
from workbench.errors import NotFound
from workbench.services import subworkflows, workflows
from workbench.services.edits import Configure
from workbench.services.shapes import Version, WorkflowSummary
from workbench.state.base import AppState
from workbench.state.editor import EditorState
from workbench.state.views import Choice

MOST = 200
"""Workflows, and versions of one, that are offered."""


class CallState(AppState):
    """The choices of the selected sub-workflow node.

    `newer` is the live version, where another is pinned; `note` says what a version pinned by content is.
    """

    workflows: list[Choice] = []
    versions: list[Choice] = []
    newer: str = ""
    note: str = ""
    href: str = ""

    @rx.event
    async def load(self, node_id: str) -> None:
        """Show the choices of a node."""
        editor = await self.get_state(EditorState)
        await self._load(_config(_node(editor.document, node_id)), editor.graph.id)

    @rx.event
    async def choose_workflow(self, node_id: str, workflow_id: str) -> EventSpec | None:
        """Have the node run the live version of a workflow, and offer that one's inputs."""
        flow = await workflows.get_workflow(self.principal, workflow_id)
        return await self._choose(node_id, workflow_id, flow.live_version, flow.name)

    @rx.event
    async def choose_version(self, node_id: str, version: str) -> EventSpec | None:
        """Have the node run another version of the same workflow."""
        editor = await self.get_state(EditorState)
        config = _config(_node(editor.document, node_id))
        return await self._choose(node_id, str(config.get("workflow", "")), int(version))

    async def _choose(
        self, node_id: str, workflow_id: str, number: int | None, title: str | None = None
    ) -> EventSpec | None:
        editor = await self.get_state(EditorState)
        node = _node(editor.document, node_id)
        if node is None or number is None:
            return None
        _, document = await workflows.get_version(self.principal, workflow_id, number=number)
        inputs = _inputs(_config(node).get("inputs"), document.inputs)
        config = {"workflow": workflow_id, "version": number, "inputs": inputs}
        named = title if title and node.title in ("", nodes.get(node.type).title) else None
        said = await editor._edit(Configure(id=node_id, config=config, title=named))
        await self._load(config, editor.graph.id)
        return said

    async def _load(self, config: Mapping[str, Any], editing: str) -> None:
        workflow_id, version = str(config.get("workflow") or ""), config.get("version")
        found = await workflows.list_workflows(self.principal, limit=MOST)
        self.workflows = _workflow_choices(found.items, workflow_id, editing)
        versions = await self._versions(workflow_id)
        self.versions = _version_choices(versions, version)
        live = next((one.number for one in versions if one.live), None)
        self.newer = str(live) if live and isinstance(version, int) and live > version else ""
        self.href, self.note = routes.editor(workflow_id) if versions else "", ""
        if not workflow_id and isinstance(version, str):
            await self._tell(version)

    async def _tell(self, content_hash: str) -> None:
        """Say which version has this content."""
        found = await subworkflows.whose(self.principal, content_hash)
        if found is not None:
            flow = await workflows.get_workflow(self.principal, found[0])
            self.note = f"Pinned by its content: version {found[1]} of {flow.name}."
            self.href = routes.editor(flow.id)

    async def _versions(self, workflow_id: str) -> Sequence[Version]:
        if not workflow_id:
            return ()
        try:
            return (await workflows.list_versions(self.principal, workflow_id, limit=MOST)).items
        except NotFound:  # the check names it at the field
            return ()


def _node(document: Document, node_id: str) -> Node | None:
    return next((node for node in document.nodes if node.id == node_id), None)


def _config(node: Node | None) -> dict[str, Any]:
    return node.config if node else {}


def _workflow_choices(found: Sequence[WorkflowSummary], chosen: str, editing: str) -> list[Choice]:
    """Return the workflows that can be called, the chosen one among them even if it cannot."""
    callable_ones = [flow for flow in found if flow.live_version and flow.id != editing]
    choices = [Choice(flow.id, flow.name) for flow in callable_ones]
    if chosen and chosen not in {choice.value for choice in choices}:
        choices.append(Choice(chosen, f"Unknown workflow {chosen[:8]}"))
    return choices


def _version_choices(versions: Sequence[Version], chosen: Any) -> list[Choice]:
    choices = [
        Choice(str(one.number), f"Version {one.number}{', live' if one.live else ''}") for one in versions
    ]
    if chosen and str(chosen) not in {choice.value for choice in choices}:
        shown = f"By content {chosen[:12]}" if isinstance(chosen, str) else f"Version {chosen}, unknown"
        choices.append(Choice(str(chosen), shown))
    return choices


def _inputs(given: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that are set and still known, and those that are needed, to be filled in."""
    kept = dict(given) if isinstance(given, dict) else {}
    known = schema.get("properties") or {}
    defaults = {name for name, part in known.items() if isinstance(part, Mapping) and "default" in part}
    needed = [name for name in schema.get("required", ()) if name not in defaults]
    fitting = {name: value for name, value in kept.items() if not known or name in known}
    return {**fitting, **{name: "" for name in needed if name not in fitting}}
