"""What a run shows in a node's cell: the output in place, in three lines, whatever it is."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workbench.services.shapes import NodeRun
from workbench.state.durations import spoken
from workbench.state.passes import PassView, tally_in_words

LINES = 3
LINE_LENGTH = 64
ROWS = 3
COLUMNS = 3


@dataclass(frozen=True)
class CellView:
    """What a run shows in a node's cell.

    `kind` says how the output is drawn: "text", "markdown", "image" (`preview` is its address), "table"
    (`head` and `rows`), or "" when there is none. `more` says that the whole output holds more than this.
    `origin` is "reused", "pinned" or "edited" where the run did not make the output; `origin_run` made it.
    `tally` and `passes` are a container's: how far it is, and which pass it shows.
    """

    status: str
    ports: list[str] = field(default_factory=list)
    attempt: int = 1
    duration: str = ""
    kind: str = ""
    preview: str = ""
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    more: bool = False
    error: str = ""
    origin: str = ""
    origin_run: str = ""
    tally: str = ""
    passes: PassView | None = None


IDLE = CellView(status="idle")
"""What the cell of a node shows that has no state, after it showed one."""


def cell_view(node: NodeRun, *, artifact: str, passes: PassView | None = None) -> CellView:
    """Return what the cell of `node` shows.

    `artifact` is the address of its file, if its output is one; `passes` is the pass that a container shows.
    """
    kind, preview, head, rows, more = _output(node, artifact)
    return CellView(
        status=node.status,
        ports=list(node.ports),
        attempt=node.attempt,
        duration=spoken(node.duration_ms),
        kind=kind,
        preview=preview,
        head=head,
        rows=rows,
        more=more,
        error=node.error.message.splitlines()[0][: 2 * LINE_LENGTH] if node.error else "",
        origin=node.origin.kind if node.origin else "",
        origin_run=(node.origin.run_id or "") if node.origin else "",
        tally=tally_in_words(node),
        passes=passes,
    )


Output = tuple[str, str, list[str], list[list[str]], bool]


def _output(node: NodeRun, artifact: str) -> Output:
    if node.status == "waiting":
        return _waiting(node)
    if not node.preview or node.status not in ("succeeded", "failed"):
        return "", "", [], [], False
    if node.media_type.startswith("image/"):
        return "image", artifact, [], [], True
    if node.media_type.startswith("text/markdown"):
        lines = [line for line in node.preview.splitlines() if line.strip()]
        return "markdown", lines[0][:200] if lines else "", [], [], len(lines) > 1
    records, all_shown = _records(node.preview)
    if records:
        head = list(records[0])[:COLUMNS]
        rows = [[_short(record.get(name)) for name in head] for record in records[:ROWS]]
        more = not all_shown or len(records) > ROWS or len(records[0]) > COLUMNS
        return "table", "", head, rows, more
    return _text(node)


def _waiting(node: NodeRun) -> Output:
    """Return what a step waits for, and since and until when; nothing where that is not known."""
    try:
        waits = json.loads(node.preview)
        event, key = waits["event"], waits["key"]
    except (ValueError, TypeError, KeyError):
        return "", "", [], [], False
    lines = [f"{event} · {key}" if key else event]
    if node.started_at:
        lines.append(f"since {_moment(node.started_at)}")
    if waits.get("until"):
        lines.append(f"until {_moment(datetime.fromisoformat(waits['until']))}")
    return "text", "\n".join(lines), [], [], False


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _text(node: NodeRun) -> Output:
    lines = _lines(node.preview)
    shown = [line if len(line) <= LINE_LENGTH else f"{line[: LINE_LENGTH - 1]}…" for line in lines[:LINES]]
    more = len(lines) > LINES or any(len(line) > LINE_LENGTH for line in lines[:LINES])
    return "text", "\n".join(shown), [], [], more


def _lines(preview: str) -> list[str]:
    """Return the preview's lines; of an object or list on several lines, those between the brackets."""
    lines = preview.splitlines()
    if len(lines) > 2 and lines[0] in ("{", "["):
        closed = lines[-1] in ("}", "]")
        return [line[2:] for line in (lines[1:-1] if closed else lines[1:])]
    return lines


def _records(preview: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the objects of a JSON list, as far as `preview` goes, and whether that is the whole list."""
    text = preview.strip()
    records: list[dict[str, Any]] = []
    if not text.startswith("["):
        return [], False
    decoder, at = json.JSONDecoder(), 1
    while len(records) <= ROWS:
        at = _skip(text, at)
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            return records, text[at : at + 1] == "]"
        if not isinstance(value, dict) or not value:
            return [], False
        records.append(value)
    return records, False


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \n\r\t,":
        at += 1
    return at


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"
