"""Settings that are JSON Schemas: whether they can be used, said before a run needs them."""

from functools import cache

from pydantic.fields import FieldInfo

from engine.compiler._inputs import schema_errors
from engine.compiler._problems import Problems
from engine.graph import Node
from engine.nodes import NodeConfig


def check_schema_fields(node: Node, config: NodeConfig, problems: Problems) -> None:
    """Add what is wrong with the settings whose field says that it `holds_schema`."""
    for name, info in _fields(type(config)).items():
        schema = getattr(config, name)
        if schema is None:
            continue
        for field, message in schema_errors(schema, f"config.{name}", f"“{info.title or name}”"):
            problems.add("bad-schema", message, node=node.id, field=field, hint=info.description or "")


@cache
def _fields(config: type[NodeConfig]) -> dict[str, FieldInfo]:
    """Return the settings of a node type that hold schemas; remembered, since each node asks."""
    return {
        name: info
        for name, info in config.model_fields.items()
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("holds_schema")
    }
