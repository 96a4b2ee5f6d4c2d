"""What the inspector's forms change: each handler turns one field into one operation on the draft."""

from typing import Any

import reflex as rx
from pydantic import ValidationError
from reflex.event import EventSpec

from engine import nodes
from engine.graph import Edge
from workbench.services.edits import Configure, Connect, Describe, Remove, Rename
from workbench.state import fragments, workflow_form
from workbench.state.base import AppState
from workbench.state.editor import EditorState
from workbench.state.inspector import InspectorState
from workbench.state.node_form import with_field


class NodeFormState(AppState):
    """Edits of the selected node."""

    @rx.event
    async def set_text(self, node: str, path: str, text: str) -> EventSpec | None:
        """Save what was typed into a field."""
        return await self._set(node, path, text)

    @rx.event
    async def set_switch(self, node: str, path: str, on: bool) -> EventSpec | None:
        """Save a switch."""
        return await self._set(node, path, on)

    @rx.event
    async def set_pairs(self, node: str, path: str, pairs: list[dict[str, str]]) -> EventSpec | None:
        """Save the rows of a key and value field."""
        return await self._set(node, path, pairs)

    @rx.event
    async def rename(self, node: str, new_id: str) -> EventSpec | None:
        """Give the node another id, also in the expressions that name it."""
        editor = await self.get_state(EditorState)
        if new_id.strip() == node:
            return None
        try:
            operation = Rename(id=node, new_id=new_id.strip())
        except ValidationError:
            return _no(f"{new_id!r} cannot be an id.", "Use lower-case letters, digits and underscores.")
        (await self.get_state(InspectorState)).selected = [operation.new_id]
        said = await editor._edit(operation)
        editor._point_at(operation.new_id if said is None else node)
        return said

    @rx.event
    async def connect(self, node: str, port: str, target: str) -> EventSpec | None:
        """Draw an edge from the node, without a mouse."""
        editor = await self.get_state(EditorState)
        return await editor._edit(Connect(edge=Edge(source=node, source_port=port, target=target)))

    @rx.event
    async def disconnect(self, edge: dict[str, str]) -> EventSpec | None:
        """Delete an edge."""
        editor = await self.get_state(EditorState)
        return await editor._edit(Remove(edges=(Edge.model_validate(edge),)))

    @rx.event
    async def put_into(self, node: str, container: str) -> EventSpec | None:
        """Move the node into a container, "" for none, without a mouse."""
        editor = await self.get_state(EditorState)
        return await editor._edit(fragments.relocate(editor.document, node, container or None))

    @rx.event
    async def remove(self, names: list[str]) -> EventSpec | None:
        """Delete nodes."""
        editor = await self.get_state(EditorState)
        return await editor._edit(Remove(nodes=tuple(names)))

    async def _set(self, name: str, path: str, value: Any) -> EventSpec | None:
        editor = await self.get_state(EditorState)
        node = next((one for one in editor.document.nodes if one.id == name), None)
        if node is None:
            return None
        try:
            changed = with_field(node, nodes.get(node.type), path, value)
        except ValidationError as error:
            message = error.errors()[0]["msg"].replace("Input should be", "This must be")
            return _no(message.partition(", unable")[0], "The stored value stays as it was.")
        if all(getattr(node, part) == new for part, new in changed.items()):
            return None
        return await editor._edit(Configure(id=name, **changed))


class WorkflowFormState(AppState):
    """Edits of what the workflow says of itself, asks for and gives back."""

    @rx.event
    async def set_name(self, name: str) -> EventSpec | None:
        """Save the workflow's name; an empty one is not taken."""
        return await self._describe(name=name.strip()) if name.strip() else None

    @rx.event
    async def set_description(self, text: str) -> EventSpec | None:
        """Save the description."""
        return await self._describe(description=text)

    @rx.event
    async def add_input(self) -> EventSpec | None:
        """Add an input."""
        return await self._describe(inputs=workflow_form.add_input(await self._inputs()))

    @rx.event
    async def remove_input(self, name: str) -> EventSpec | None:
        """Delete an input."""
        return await self._describe(inputs=workflow_form.remove_input(await self._inputs(), name))

    @rx.event
    async def set_input(self, name: str, part: str, value: str) -> EventSpec | None:
        """Save one property of an input."""
        return await self._describe(
            inputs=workflow_form.change_input(await self._inputs(), name, part, value)
        )

    @rx.event
    async def set_required(self, name: str, on: bool) -> EventSpec | None:
        """Save whether an input must be given."""
        schema = workflow_form.change_input(await self._inputs(), name, "required", on)
        return await self._describe(inputs=schema)

    @rx.event
    async def set_schema(self, text: str) -> EventSpec | None:
        """Save the schema as it was typed."""
        return await self._describe(inputs=workflow_form.parse_schema(text))

    @rx.event
    async def set_example(self, text: str) -> EventSpec | None:
        """Save the sample input, with which the run form is filled."""
        return await self._describe(inputs=workflow_form.with_example(await self._inputs(), text))

    @rx.event
    async def add_output(self) -> EventSpec | None:
        """Add an output."""
        return await self._describe(outputs=workflow_form.add_output(await self._outputs()))

    @rx.event
    async def set_output(self, name: str, new_name: str, value: str) -> EventSpec | None:
        """Save an output; one without a name is deleted."""
        outputs = workflow_form.change_output(await self._outputs(), name, new_name, value)
        schema = workflow_form.with_output_name(await self._output_schema(), name, new_name)
        return await self._describe(outputs=outputs, output_schema=schema)

    @rx.event
    async def set_output_type(self, name: str, kind: str) -> EventSpec | None:
        """Save of what type an output is."""
        schema = workflow_form.with_output_type(await self._output_schema(), name, kind)
        return await self._describe(output_schema=schema)

    @rx.event
    async def set_output_schema(self, text: str) -> EventSpec | None:
        """Save the schema of the outputs as it was typed."""
        return await self._describe(output_schema=workflow_form.parse_output_schema(text))

    @rx.event
    async def set_limit(self, name: str, text: str) -> EventSpec | None:
        """Save what a run may take, one limit of it."""
        limits = (await self.get_state(EditorState)).document.limits
        return await self._describe(limits=workflow_form.with_limit(limits, name, text))

    async def _inputs(self) -> dict[str, Any]:
        return (await self.get_state(EditorState)).document.inputs

    async def _outputs(self) -> dict[str, Any]:
        return (await self.get_state(EditorState)).document.outputs

    async def _output_schema(self) -> dict[str, Any]:
        return (await self.get_state(EditorState)).document.output_schema

    async def _describe(self, **given: Any) -> EventSpec | None:
        editor = await self.get_state(EditorState)
        changed = {part: new for part, new in given.items() if getattr(editor.document, part) != new}
        return await editor._edit(Describe(**changed)) if changed else None


def _no(message: str, hint: str) -> EventSpec:
    said: EventSpec = rx.toast.error(message, description=hint)
    return said
