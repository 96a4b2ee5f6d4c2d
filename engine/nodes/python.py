"""The `python` node: a person's own code, executed apart from everything else."""

import ast
import keyword
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from engine.contracts import ActivityStep
from engine.graph import Node
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, Port, text, widget
from engine.nodes._code import MAX_CODE, check
from engine.nodes.http import attempts_of

DEFAULT_TIMEOUT_S = 60.0


def an_identifier(value: str) -> str:
    """Return `value` when it can be a parameter's name; ValueError otherwise."""
    plain = unicodedata.normalize("NFKC", value) == value
    if not (plain and value.isidentifier() and not keyword.iskeyword(value)):
        raise ValueError("Must have names that Python can use, of letters, digits and _, such as order_id")
    return value


class PythonConfig(NodeConfig):
    """The code, what it is given, and what it may use."""

    inputs: dict[Annotated[str, AfterValidator(an_identifier)], Any] = Field(
        default_factory=dict,
        max_length=100,
        title="Inputs",
        description="The parameters of main by name; each value is any JSON and may hold expressions.",
        examples=[{"orders": "{{ nodes.fetch.output }}"}],
        json_schema_extra=widget("keyvalue"),
    )
    code: str = Field(
        min_length=1,
        max_length=MAX_CODE,
        title="Code",
        description="Python with a function main that takes the inputs and returns the output.",
        examples=['def main(orders):\n    return sum(order["price"] for order in orders)'],
        json_schema_extra=widget("python", literal=True),
    )
    output_schema: dict[str, Any] = Field(
        default_factory=dict,
        title="Output schema",
        description="JSON Schema that the output must match; empty: any JSON.",
        examples=[{"type": "number"}],
        json_schema_extra={**widget("json", literal=True), "holds_schema": True},
    )
    memory_mb: int = Field(
        default=512,
        ge=32,
        le=65_536,
        title="Memory",
        description="Megabytes that the code and its interpreter may use.",
        json_schema_extra=widget("number"),
    )

    @field_validator("code")
    @classmethod
    def _fits_its_inputs(cls, code: str, info: ValidationInfo) -> str:
        if "inputs" in info.data and (found := check(code, info.data["inputs"])):
            raise ValueError(" ".join(found))
        return code


def plan(node: Node, ctx: PlanContext) -> ActivityStep:
    """Return the step that executes the code, in an activity that any worker can take."""
    return ActivityStep(
        **ctx.base(node),
        config=ctx.config.model_dump(),
        literal_fields=tuple(sorted(PYTHON.literal_fields)),
        timeout_s=node.policy.timeout_s or DEFAULT_TIMEOUT_S,
        attempts=attempts_of(node.policy),
        local=False,
    )


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: what the code says of itself, or the names of its inputs."""
    code = config.get("code")
    names = ", ".join(map(str, inputs)) if isinstance(inputs := config.get("inputs"), Mapping) else ""
    if not isinstance(code, str) or not code.strip():
        return text("", empty="No code yet")
    return text(_docstring(code) or f"main({names})")


def _docstring(code: str) -> str:
    """Return the first line of what the module or its main says of itself; empty when there is none."""
    if len(code) > MAX_CODE:
        return ""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    mains = (part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name == "main")
    places: list[ast.Module | ast.FunctionDef] = [tree, *mains]
    said = next((found for place in places if (found := ast.get_docstring(place))), "")
    return said.strip().partition("\n")[0]


PYTHON = NodeType(
    type="python",
    version=1,
    title="Python",
    summary="Executes Python code of yours and gives back what it returns.",
    help=(
        "The code has a function `main`. Each **input** is one of its parameters, and what it returns, any "
        "JSON value, is the output:\n\n"
        '```python\ndef main(orders, rate):\n    """Total in euros."""\n'
        '    return {"total": sum(order["price"] for order in orders) * rate}\n```\n\n'
        "A parameter with a default needs no input. Other functions, classes and imports may stand beside "
        "it. What it prints is shown when it fails. The code holds no expressions, so braces mean what they "
        "mean in Python; what it is to know comes as an input. Secrets cannot be given to it.\n\n"
        "It is executed in a container of its own, without network, environment, files of this machine, or "
        "anything kept from one time to the next; `/tmp` can be written to. It has one processor, 64 "
        "processes, the memory of **memory_mb**, and the time limit of its policy, in which waiting for a "
        "free place on a busy worker counts. What can be imported is what the operator's image holds: a "
        "plain Python, unless they say otherwise. Requests are made by HTTP nodes.\n\n"
        "An exception, None, a value that is no JSON, has more than 16 MiB or does not match the **output "
        "schema**, too much time or memory: each fails the step and says in which line. With **on error: "
        "continue** the run then goes on along the port **error**."
    ),
    icon="file-code",
    category="Data",
    config=PythonConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("out", "Out"), Port("error", "Error")),
    default_timeout_s=DEFAULT_TIMEOUT_S,
)
