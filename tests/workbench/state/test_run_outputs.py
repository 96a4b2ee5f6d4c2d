"""The result of a run: plain data together, what has a look of its own apart."""

from datetime import UTC, datetime
from typing import Any

from engine.graph import Document
from workbench.services.shapes import NodeRun, RunDetail
from workbench.state.run_outputs import OutputPart, output_parts

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def node(node_id: str, media_type: str) -> NodeRun:
    return NodeRun(
        node_id=node_id, status="succeeded", attempt=1, started_at=THEN, finished_at=THEN, duration_ms=0,
        port="out", media_type=media_type, preview="", output_bytes=1, error=None,
    )  # fmt: skip


def run(outputs: dict[str, Any], *nodes: NodeRun) -> RunDetail:
    return RunDetail(
        id="run", workflow_id="flow", workflow_name="Flow", version=None, version_hash="", status="succeeded",
        created_at=THEN, started_at=THEN, finished_at=THEN, started_by="owner", error=None, inputs={},
        outputs=outputs, nodes=nodes,
    )  # fmt: skip


def document(**outputs: str) -> Document:
    return Document.model_validate({"name": "Flow", "outputs": outputs})


def test_plain_values_stay_together_under_their_names() -> None:
    parts = output_parts(document(), run({"count": 3, "who": "Ada"}))
    assert parts == [OutputPart("", {"count": 3, "who": "Ada"})]


def test_an_output_looks_like_the_node_that_made_it() -> None:
    found = run({"report": "# Good"}, node("write", "text/markdown"))
    (part,) = output_parts(document(report="{{ nodes.write.output }}"), found)
    assert (part.name, part.media_type) == ("report", "text/markdown")


def test_an_output_nodes_own_type_counts() -> None:
    stored = {"id": "done", "type": "output", "config": {"name": "report", "value": "x"}}
    flow = Document.model_validate({"name": "Flow", "nodes": [stored]})
    (part,) = output_parts(flow, run({"report": "# Good"}, node("done", "text/markdown")))
    assert part.media_type == "text/markdown"


def test_tables_and_texts_of_several_lines_stand_apart() -> None:
    parts = output_parts(document(), run({"count": 1, "rows": [{"a": 1}], "poem": "one\ntwo"}))
    assert [part.name for part in parts] == ["", "rows", "poem"]


def test_a_run_without_outputs_has_no_parts() -> None:
    assert output_parts(document(), run({})) == []
