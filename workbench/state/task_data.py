"""The data of the task on the page: as it is proposed, and as somebody changes it or fills it in."""

import json
from dataclasses import dataclass
from typing import Any

import reflex as rx

from workbench import routes
from workbench.services.blobs import SCHEME
from workbench.services.task_files import files_in
from workbench.services.task_shapes import TaskDetail
from workbench.state.base import AppState
from workbench.state.task_values import ChangeView, FieldNote, changes_of, decoded, encoded, notes_of

MOST_BYTES = 400_000
"""Of larger data the page knows only where it is; it is read from there when somebody asks for it."""

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")


@dataclass(frozen=True)
class FileView:
    """A file: its address, its name, what it is, and whether it is a picture to be shown."""

    href: str
    name: str
    about: str
    picture: bool


@dataclass(frozen=True)
class Proposal:
    """What is proposed; large data has a `size` in words and is at `href` alone. `there`: not nothing."""

    value: Any = None
    there: bool = False
    size: str = ""
    href: str = ""


class TaskDataState(AppState):
    """`proposed` is shown as long as nobody edits. `puts` is where files are put.

    `text` is what the form began with, `seed` grows when it begins anew; `raw` is the JSON that is typed in
    its place while `is_raw`.
    """

    proposed: Proposal = Proposal()
    puts: str = ""
    text: str = "null"
    seed: int = 0
    raw: str = ""
    is_raw: bool = False
    wrong: str = ""
    editing: bool = False
    notes: list[FieldNote] = []
    changes: list[ChangeView] = []
    schema: dict[str, Any] = {}
    files: list[FileView] = []
    _original: Any = None
    _value: Any = None
    _quiet: bool = False

    @rx.event
    def edit(self, on: bool) -> None:
        """Begin to change the data, or leave it as it was."""
        self.editing = on
        self._begin(self.get_value("_original"))

    @rx.event
    def write(self, text: str) -> None:
        """Take what the form holds."""
        try:
            self._take(decoded(json.loads(text)))
        except ValueError as error:
            self.wrong = str(error)

    @rx.event
    def write_raw(self, text: str) -> None:
        """Take the data as JSON."""
        self.raw = text
        try:
            self._take(json.loads(text, parse_constant=_refuse))
        except ValueError as error:
            self.wrong = f"The data is no JSON: {error}"

    @rx.event
    def show_raw(self, on: bool) -> None:
        """Edit the data as JSON, or in the form; JSON that is none has to be mended first."""
        if on == self.is_raw or self.wrong:
            return
        self.is_raw, value = on, self.get_value("_value")
        if on:
            self.raw = json.dumps(value, indent=2, ensure_ascii=False)
        else:
            self.text, self.seed = json.dumps(encoded(value)), self.seed + 1

    def _show(self, task: TaskDetail, *, fills: bool) -> None:
        """Show a task's data; with `fills` it is a form to be filled in, quiet until it is sent."""
        text = json.dumps(task.data, ensure_ascii=False)
        size = f"{len(text) / 1e6:.1f} MB" if len(text) > MOST_BYTES else ""
        data = None if size else task.data
        self.schema, self.puts = task.data_schema or {}, routes.task_file(task.id, "")
        self.proposed = Proposal(data, task.data is not None, size, routes.task_data(task.id))
        self.files = [_file(task.id, one) for one in files_in(data)]
        self._original = ({} if data is None else data) if fills else data
        self.editing, self._quiet = fills, fills
        self._begin(self._original)

    def _begin(self, value: Any) -> None:
        self.text, self.seed, self.is_raw = json.dumps(encoded(value)), self.seed + 1, False
        self._take(value)

    def _take(self, value: Any) -> None:
        self._value, self.wrong = value, ""
        self.changes = changes_of(self.get_value("_original"), value)
        self.notes = [] if self._quiet else notes_of(self.get_value("schema"), value)

    def _answer(self) -> tuple[Any, bool]:
        """Return the value as it was edited, and whether it can be sent; what is wrong is shown then."""
        self._quiet = False
        value = self.get_value("_value")
        self.notes = notes_of(self.get_value("schema"), value)
        return value, not self.notes and not self.wrong


def _file(task_id: str, file: Any) -> FileView:
    return file_view(task_id, file.as_value())


def file_view(task_id: str, value: dict[str, Any]) -> FileView:
    """Return the view of a file of a task."""
    media_type, size = str(value["media_type"]), value.get("size")
    about = media_type if size is None else f"{media_type}, {_bytes(size)}"
    href = routes.task_file(task_id, str(value["$artifact"]).removeprefix(SCHEME))
    return FileView(href, str(value["name"]), about, media_type.partition(";")[0] in PICTURES)


def _bytes(size: int) -> str:
    if size < 1_000:
        return f"{size} bytes"
    return f"{size / 1e3:.0f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON.")
