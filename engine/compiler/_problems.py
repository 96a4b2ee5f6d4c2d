"""The codes that problems carry. They are stable: programs compare them, people read the messages."""

from engine.errors import Problem

CODES: dict[str, str] = {
    # the text
    "too-large": "The text is longer than what is read.",
    "empty": "There is no text.",
    "not-utf-8": "The text is not UTF-8.",
    "not-json": "The text is not valid JSON, or holds what JSON does not have.",
    "not-yaml": "The text is neither JSON nor YAML.",
    "yaml-alias": "The YAML uses anchors and aliases.",
    "too-deep": "Something is nested too deeply.",
    "duplicate-key": "A key stands twice in one object.",
    "bad-character": "A text holds a character that cannot be stored.",
    # the form
    "not-a-document": "This is something else than a workflow document.",
    "foreign-document": "This is a document of another program.",
    "unknown-format": "The document's format is not one that this workbench reads.",
    "missing-field": "Something required is not there.",
    "unknown-field": "There is something that the format does not have.",
    "bad-field": "Something has a form that it must not have.",
    "more-problems": "There are more problems of this kind than are listed.",
    # nodes
    "duplicate-node-id": "Two nodes have the same id.",
    "unknown-node-type": "There is no such node type.",
    "unknown-type-version": "The node type exists, but not in this version.",
    "bad-config": "A setting has a value that it cannot have.",
    "missing-config": "A setting that is needed has no value.",
    "unknown-config": "The node type has no such setting.",
    "bad-schema": "A setting that is a JSON Schema cannot be used as one.",
    "bad-compensation": "A node cannot be undone by the one its policy names, or something reads that.",
    "bad-policy": "Parts of a node's policy contradict each other.",
    "unknown-parent": "The node stands in a container that is not there.",
    "no-container": "The node stands in a node that cannot hold others.",
    "not-in-container": "A node that stands only at the top stands in a container.",
    "container-in-itself": "Containers stand in each other in a circle.",
    "empty-container": "There is nothing in a container that could run.",
    # expressions
    "expression-syntax": "An expression cannot be parsed.",
    "expression-too-long": "An expression has too many characters.",
    "unknown-filter": "There is no such filter.",
    "unknown-test": "There is no such test behind `is`.",
    "unknown-function": "There is no such function.",
    "unknown-method": "There is no such method.",
    "unknown-name": "An expression uses a name that it does not have.",
    "name-not-here": "A name of a map or a loop is read where it is not there.",
    "forbidden-name": "An expression assigns to a name that it cannot have.",
    "forbidden-statement": "A statement of the template language is not available.",
    # references
    "unknown-reference": "An expression reads a node that is not there.",
    "vague-reference": "An expression reads `nodes` or `secrets` without naming one of them.",
    "reference-to-note": "An expression reads a note, which is never executed.",
    "reference-to-self": "A node reads its own result.",
    "reference-into-container": "An expression outside reads a node inside a container.",
    "reference-into-sibling": "An expression in one container reads a node inside another one.",
    "reference-to-own-container": "An expression reads the result of a container that it stands in.",
    "unknown-result": "A node has an output, a status and an error; an expression reads something else.",
    "unknown-run-field": "A run has an id and started_at; an expression reads something else.",
    "impossible-reference": "An expression reads a result that cannot be there when the node runs.",
    "unknown-input": "An expression reads an input that the schema does not have.",
    "secret-not-allowed": "A secret is named in a setting that is not rendered inside an activity.",
    # edges
    "edge-to-nowhere": "An edge starts or ends at a node that is not there.",
    "unknown-port": "An edge starts or ends at a port that the node does not have.",
    "duplicate-edge": "Two edges connect the same ports.",
    "edge-to-itself": "An edge ends where it starts.",
    "edge-across-border": "An edge leads into a container or out of it.",
    "closed-error-port": "An edge leaves by an error port that the node's policy keeps closed.",
    "too-few-branches": "A merge waits for more branches than lead to it.",
    "cycle": "Nodes wait for each other in a circle.",
    # inputs and outputs
    "bad-inputs-schema": "The inputs are not a usable JSON Schema of an object.",
    "bad-sample": "A sample input does not match the schema.",
    "bad-default": "A default does not match its own schema.",
    "bad-output-name": "An output's name is not usable.",
    "bad-output-schema": "The schema of the outputs is not a usable JSON Schema of an object.",
    "outputs-disagree": "The outputs and the schema of the outputs do not name the same.",
    "duplicate-output": "Two outputs have the same name.",
    "unknown-output": "An output is read that the workflow, or the one that is called, does not have.",
    # triggers
    "duplicate-trigger-id": "Two triggers have the same id.",
    "unknown-trigger-type": "There is no such trigger type.",
    "unknown-trigger-field": "An expression reads something that the trigger does not have.",
    "trigger-lacks-input": "A trigger leaves out an input without which no run starts.",
    "bad-body-schema": "The schema of a webhook's body is not usable.",
}


class Problems:
    """Problems being collected, in the order in which they are found."""

    def __init__(self) -> None:
        """Begin without any."""
        self.found: list[Problem] = []

    def add(
        self, code: str, message: str, *, node: str | None = None, field: str | None = None, hint: str = ""
    ) -> None:
        """Add one; its code must be in CODES."""
        if code not in CODES:
            raise KeyError(f"{code} is not among the codes of problems")
        self.found.append(Problem(code=code, node=node, field=field, message=message, hint=hint))
