"""What a run shows in a cell: the output in place, in three lines, whatever it is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.contracts import Decided
from engine.errors import Failure
from workbench.services.previews import preview_of
from workbench.services.shapes import NodeRun
from workbench.state.cell_views import cell_view
from workbench.state.durations import spoken
from workbench.state.run_views import Mark, output_view, timeline

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)


def run_of(value: Any = None, *, media_type: str = "application/json", **changes: Any) -> NodeRun:
    preview = preview_of(value)
    node = NodeRun(
        node_id="one",
        status="succeeded",
        attempt=1,
        started_at=BEGIN,
        finished_at=BEGIN + timedelta(milliseconds=20),
        duration_ms=20.0,
        port="out",
        ports=("out",),
        media_type=media_type,
        preview=preview,
        output_bytes=len(preview),
        error=None,
    )
    return node.model_copy(update=changes)


def test_a_small_object_is_shown_without_its_brackets() -> None:
    cell = cell_view(run_of({"greeting": "Hello", "count": 2}), artifact="")
    assert (cell.kind, cell.preview, cell.more) == ("text", '"greeting": "Hello",\n"count": 2', False)


def test_a_step_that_waits_says_for_what_and_since_when() -> None:
    waits = {"event": "order.paid", "key": "A-17", "until": "2030-01-02T00:00:00+00:00"}
    cell = cell_view(run_of(waits, status="waiting"), artifact="")
    assert cell.preview.splitlines() == [
        "order.paid · A-17",
        "since 2030-01-01 00:00:00 UTC",
        "until 2030-01-02 00:00:00 UTC",
    ]


def test_a_long_text_is_cut_to_three_lines_and_says_so() -> None:
    cell = cell_view(run_of("a\nb\nc\nd", media_type="text/plain"), artifact="")
    assert (cell.preview, cell.more) == ("a\nb\nc", True)


def test_a_list_of_objects_is_a_small_table() -> None:
    rows = [{"name": f"n{number}", "count": number, "open": True, "more": None} for number in range(9)]
    cell = cell_view(run_of(rows), artifact="")
    assert (cell.kind, cell.head, cell.more) == ("table", ["name", "count", "open"], True)
    assert cell.rows == [["n0", "0", "true"], ["n1", "1", "true"], ["n2", "2", "true"]]


def test_a_list_too_long_for_its_preview_is_a_table_too() -> None:
    rows = [{"text": "x" * 300} for _ in range(50)]
    assert len(json.dumps(rows)) > 2_000
    assert cell_view(run_of(rows), artifact="").kind == "table"


def test_a_list_of_other_things_is_text() -> None:
    assert cell_view(run_of([1, 2]), artifact="").kind == "text"
    assert cell_view(run_of([{}]), artifact="").kind == "text"


def test_markdown_is_one_rendered_line() -> None:
    cell = cell_view(run_of("\n# Report\n\nAll is well.", media_type="text/markdown"), artifact="")
    assert (cell.kind, cell.preview, cell.more) == ("markdown", "# Report", True)


def test_an_image_is_shown_from_its_address() -> None:
    image = {"$artifact": "sha256:0", "media_type": "image/png", "name": "plot.png", "size": 5}
    cell = cell_view(run_of(image, media_type="image/png"), artifact="/there")
    assert (cell.kind, cell.preview) == ("image", "/there")


def test_a_failure_shows_its_first_line() -> None:
    failure = Failure(kind="http", message="The server said no.\nA long trace", node="one")
    cell = cell_view(run_of(status="failed", error=failure), artifact="")
    assert (cell.status, cell.error, cell.kind) == ("failed", "The server said no.", "")


def test_what_still_runs_shows_no_output() -> None:
    assert cell_view(run_of("early", status="running", finished_at=None), artifact="").kind == ""


def test_a_step_that_somebody_skipped_says_who_did_and_why() -> None:
    decision = Decided(action="skip", by="owner", at=BEGIN, reason="The shop is closed")
    shown = output_view("one", Mark.of(run_of(status="skipped", decision=decision)))
    assert shown.note == "It was skipped after it had failed."
    assert shown.decided == "Owner skipped it: The shop is closed"


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, ""),
        (0.2, "< 1 ms"),
        (3.4, "3 ms"),
        (1_240, "1.2 s"),
        (245_000, "4 min 5 s"),
        (7_320_000, "2 h 2 min"),
    ],
)
def test_a_time_span_is_said_as_people_say_it(milliseconds: float | None, words: str) -> None:
    assert spoken(milliseconds) == words


def test_the_timeline_has_a_bar_for_every_node_that_began_in_the_order_of_beginning() -> None:
    late = run_of(started_at=BEGIN + timedelta(seconds=2), finished_at=BEGIN + timedelta(seconds=4))
    marks = {"late": Mark.of(late), "early": Mark.of(run_of()), "never": Mark.of(run_of(started_at=None))}
    rows = timeline(marks, since=BEGIN, until=BEGIN + timedelta(seconds=4))
    assert [(row.node, row.left, row.width) for row in rows] == [("early", 0.0, 0.5), ("late", 50.0, 50.0)]


def test_a_node_that_still_runs_has_a_bar_up_to_now() -> None:
    mark = Mark.of(run_of(status="running", finished_at=None, duration_ms=None))
    (row,) = timeline({"one": mark}, since=BEGIN, until=BEGIN + timedelta(seconds=1))
    assert (row.width, row.duration) == (100.0, "")
