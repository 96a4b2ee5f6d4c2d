"""Settings that are JSON Schemas: whether they can be used, said before a run needs them."""

from engine.compiler._inputs import schema_errors
from engine.compiler._problems import Problems
from engine.graph import Node
from engine.nodes import NodeConfig


def check_schema_fields(node: Node, config: NodeConfig, problems: Problems) -> None:
    """Add what is wrong with the settings whose field says that it `holds_schema`."""
    for name, info in type(config).model_fields.items():
        extra = info.json_schema_extra
        schema = getattr(config, name)
        if not isinstance(extra, dict) or not extra.get("holds_schema") or schema is None:
            continue
        for field, message in schema_errors(schema, f"config.{name}", f"“{info.title or name}”"):
            problems.add("bad-schema", message, node=node.id, field=field, hint=info.description or "")
