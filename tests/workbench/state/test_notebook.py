"""The notebook on the canvas: what a cell shows of how it stands."""

from datetime import UTC, datetime

from engine.contracts import Origin
from engine.graph import Document, Node, Policy, Position
from workbench.services.shapes import NodeRun, NodeStanding, Pin
from workbench.state.cell_views import cell_view
from workbench.state.notebook import _view, _what_counts
from workbench.state.run_views import Mark, timeline

AT = datetime(2030, 1, 1, tzinfo=UTC)


def node(**more: object) -> NodeRun:
    values = {
        "node_id": "a", "status": "succeeded", "attempt": 1, "started_at": AT, "finished_at": AT,
        "duration_ms": 12, "port": "out", "media_type": "application/json", "preview": "1",
        "output_bytes": 1, "error": None,
    }  # fmt: skip
    return NodeRun.model_validate({**values, **more})


def standing(**more: object) -> NodeStanding:
    return NodeStanding.model_validate({"node_id": "a", "standing": "fresh", "fingerprint": "f", **more})


def test_an_older_output_is_shown_with_its_run() -> None:
    view = _view(standing(standing="stale", run_id="r1", latest=node()))
    assert (view.stale, view.pinned, view.run) == (True, False, "r1")
    assert view.older is not None
    assert view.older.preview == "1"


def test_a_cell_that_never_ran_shows_nothing() -> None:
    assert _view(standing(standing="none")).older is None


def test_a_pinned_value_is_shown_in_the_place_of_the_output() -> None:
    pin = Pin(
        node_id="a", media_type="application/json", preview="pinned", output_bytes=8, run_id=None,
        pinned_by="ada", pinned_at=AT,
    )  # fmt: skip
    view = _view(standing(run_id="r1", latest=node(), pin=pin))
    assert view.pinned
    assert view.older is not None
    assert view.older.preview == "pinned"


def test_a_cell_says_where_its_output_comes_from() -> None:
    cell = cell_view(node(origin=Origin(kind="reused", run_id="r1")), artifact="")
    assert (cell.origin, cell.origin_run) == ("reused", "r1")


def test_what_did_not_run_has_no_bar_in_the_timeline() -> None:
    marks = {"a": Mark.of(node(origin=Origin(kind="reused", run_id="r1"))), "b": Mark.of(node())}
    assert [row.node for row in timeline(marks, since=AT, until=AT)] == ["b"]


def test_only_what_counts_has_the_notebook_read_again() -> None:
    one = Node(id="a", type="transform", config={"value": 1})
    moved = one.model_copy(update={"position": Position(x=5), "title": "A"})
    fresh = one.model_copy(update={"policy": Policy(cache=False)})
    seen = [_what_counts(Document(name="x", nodes=[each])) for each in (one, moved, fresh)]
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]
