"""Files of a task: those in the data that is decided about, and those that people put to it.

Their content is in the blob store, noted for the task's run: who may see that run may read them. A value
that says it is a file proves nothing, so a download asks for that note as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import blobs
from workbench.db import tasks as queries
from workbench.db.tables import TaskRow
from workbench.errors import Invalid, NotFound
from workbench.services import task_shapes, task_views, tasks, values
from workbench.services.access import requires
from workbench.services.blobs import SCHEME, PostgresBlobStore
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape

LARGEST = 8_000_000
"""Bytes of a file that people put to a task; the body of a request may have ten million."""

LONGEST_NAME = 200
MOST_FOUND = 200
"""Files of a task's data that are shown."""


class TaskFile(Shape):
    """A file as values hold it; `ref` stands there under `$artifact`."""

    ref: str
    name: str
    media_type: str
    size: int | None = None

    def as_value(self) -> dict[str, Any]:
        """Return it as a value of a document's data."""
        given = {"$artifact": self.ref, "media_type": self.media_type, "name": self.name}
        return given if self.size is None else {**given, "size": self.size}


@requires(Action.TASKS_DECIDE)
async def upload(
    principal: Principal, task_id: str, data: bytes, *, name: str, media_type: str
) -> dict[str, Any]:
    """Keep a file for a task; return what stands for it in a comment or in a form's answer."""
    if not 0 < len(data) <= LARGEST:
        raise Invalid(f"A file has 1 byte to {LARGEST / 1e6:.0f} MB.")
    name = "".join(sign for sign in name if sign.isprintable()).strip()[:LONGEST_NAME] or "File"
    run_id = (await get_resources().read(lambda session: tasks.found(session, task_id))).run_id
    ref = await PostgresBlobStore(get_resources()).put(data, run_id=run_id)
    return TaskFile(ref=ref, name=name, media_type=_type(media_type), size=len(data)).as_value()


@requires(Action.TASKS_READ)
async def read(principal: Principal, task_id: str, digest: str) -> tuple[bytes, str, str]:
    """Return a file of a task: its bytes, media type and name. Raises NotFound."""

    async def query(session: AsyncSession) -> TaskFile | None:
        row = await tasks.found(session, task_id)
        wanted = SCHEME + digest
        file = next((one for one in await _all(session, row) if one.ref == wanted), None)
        return file if file and await blobs.may_read(session, digest.replace("\x00", "")) else None

    file = await get_resources().read(query)
    if file is None:
        raise NotFound("The task has no such file.")
    await task_views.seen(principal, task_id, how="file")
    return await values.blob(file.ref), file.media_type, file.name


async def require(session: AsyncSession, files: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return files as comments keep them; Invalid for what nobody put to a run that is reached."""
    found = []
    for file in files:
        known = _file(file)
        digest = known.ref.removeprefix(SCHEME).replace("\x00", "") if known else ""
        if known is None or not await blobs.may_read(session, digest):
            raise Invalid("A comment carries only files that were put to its task before.")
        found.append(known.as_value())
    return found


async def require_put(session: AsyncSession, value: Any) -> None:
    """Raise Invalid where a value names a file that nobody put to a run that is reached, or not as it is."""
    for file in _walk(value):
        digest = file.ref.removeprefix(SCHEME).replace("\x00", "")
        known = await blobs.size(session, digest) if await blobs.may_read(session, digest) else None
        if known is None or file.size not in (None, known):
            raise Invalid(f"“{file.name}” is no file that was put to this task. Choose it again.")


def files_in(value: Any) -> tuple[TaskFile, ...]:
    """Return the files that a value holds, the first ones, each once."""
    found: dict[str, TaskFile] = {}
    for file in _walk(value):
        found.setdefault(file.ref, file)
        if len(found) == MOST_FOUND:
            break
    return tuple(found.values())


async def _all(session: AsyncSession, row: TaskRow) -> list[TaskFile]:
    said = [one.files for one in await queries.comments(session, row.id)]
    edits = [task_shapes.stored(one).value for one in await queries.decisions(session, row.id)]
    return [file for value in (row.data, *edits, *said) for file in _walk(value)]


def _walk(value: Any) -> Iterator[TaskFile]:
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, Mapping):
            if file := _file(at):
                yield file
            else:
                waiting.extend(reversed(list(at.values())))
        elif isinstance(at, list | tuple):
            waiting.extend(reversed(at))


def _file(value: Mapping[str, Any]) -> TaskFile | None:
    ref, size = value.get("$artifact"), value.get("size")
    if not isinstance(ref, str) or not ref.startswith(SCHEME):
        return None
    return TaskFile(
        ref=ref,
        name=str(value.get("name") or "File")[:LONGEST_NAME],
        media_type=_type(str(value.get("media_type") or "")),
        size=size if isinstance(size, int) else None,
    )


def _type(media_type: str) -> str:
    plain = media_type.isascii() and media_type.isprintable() and "/" in media_type and len(media_type) < 200
    return media_type if plain else "application/octet-stream"
