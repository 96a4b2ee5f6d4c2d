"""Documents, from the file to the end of the run: compiler and interpreter agree."""

from typing import Any

from engine.compiler import compile as compile_document
from engine.graph import Document
from tests.engine.conftest import Rig
from tests.engine.web import as_json, web_server


def document(nodes: list[dict[str, Any]], edges: list[str], **more: Any) -> Document:
    """Return a document; an edge is written `a>b` or `a.true>b`."""
    pairs = [edge.split(">") for edge in edges]
    drawn = [
        {
            "source": source.partition(".")[0],
            "source_port": source.partition(".")[2] or "out",
            "target": target,
        }
        for source, target in pairs
    ]
    return Document.model_validate({"name": "Test", "nodes": nodes, "edges": drawn, **more})


async def test_every_node_type_runs(real: Rig) -> None:
    nodes = [
        {"id": "start", "type": "input"},
        {"id": "fetch", "type": "http", "config": {"url": "{{ inputs.url }}"}},
        {"id": "titles", "type": "transform", "config": {"value": "{{ nodes.fetch.output.items | length }}"}},
        {"id": "many", "type": "condition", "config": {"expression": "{{ nodes.titles.output > 1 }}"}},
        {"id": "pause", "type": "delay", "config": {"seconds": 0.2}},
        {"id": "few", "type": "transform", "config": {"value": "few"}},
        {"id": "joined", "type": "merge"},
        {"id": "result", "type": "output", "config": {"name": "count", "value": "{{ nodes.titles.output }}"}},
        {"id": "remark", "type": "note", "config": {"text": "# A remark"}},
    ]
    edges = ["start>fetch", "fetch>titles", "titles>many", "many.true>pause", "many.false>few"]
    edges += ["pause>joined", "few>joined", "joined>result"]
    inputs = {"type": "object", "properties": {"url": {"type": "string"}}}
    outputs = {"paused": "{{ nodes.pause.status }}", "few": "{{ nodes.few.status }}"}
    async with web_server() as web:
        web.replies["/"] = as_json({"items": [1, 2, 3]})
        compiled = compile_document(document(nodes, edges, inputs=inputs, outputs=outputs))
        ran = await real.run(compiled, {"url": f"{web.url}/"})
    assert ran.outputs == {"count": 3, "paused": "succeeded", "few": "skipped"}


async def test_secret_in_a_document_is_rendered_in_the_activity(real: Rig) -> None:
    real.secrets.values = {"TOKEN": "t0ken-value"}
    headers = {"Authorization": "Bearer {{ secrets.TOKEN }}", "X-User": "{{ inputs.user }}"}
    async with web_server() as web:
        web.replies["/me"] = lambda asked: as_json(asked.headers["x-user"])
        config = {"url": web.url + "{{ nodes.path.output }}", "headers": headers}
        nodes = [
            {"id": "path", "type": "transform", "config": {"value": "/me"}},
            {"id": "call", "type": "http", "config": config},
        ]
        inputs = {"type": "object", "properties": {"user": {"type": "string"}}}
        compiled = compile_document(
            document(nodes, [], inputs=inputs, outputs={"me": "{{ nodes.call.output }}"})
        )
        ran = await real.run(compiled, {"user": "ada"})
        assert (ran.outputs, web.asked[0].headers["authorization"]) == ({"me": "ada"}, "Bearer t0ken-value")
    assert "t0ken" not in await real.history(ran.run_id)
