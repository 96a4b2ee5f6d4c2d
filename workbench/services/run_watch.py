"""One watcher of one run, or of one pass in it: every state once, in order, from where it left off.

The stream says in which order things happened, and only what it says can be resumed from. The rows are looked
at first, every few seconds and before the end: what they know and the stream does not say within a moment was
never published, and is told without an id.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.db import runs as queries
from workbench.errors import NotFound, Unavailable
from workbench.services import run_shapes
from workbench.services.events import Change, stream_of
from workbench.services.resources import Resources
from workbench.services.shapes import NodeRun, RunEvent, RunSummary

log = structlog.get_logger(__name__)

LOOK_S = 5.0
"""How often the rows are asked whether a message was missed."""

AWAY_S = 1.0
"""How often the rows are asked while Redis is away."""

MOMENT_S = 2.0
"""How long the stream may take to say what the rows know: publishing takes milliseconds."""

START = "0-0"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A stream's entry; its event is parsed only where it is told."""

    id: str
    change: int
    key: str
    text: str

    def told(self, event_id: str | None = None) -> Change:
        """Return the change under the entry's id, or another one."""
        event = RunEvent.model_validate_json('{"id":"",' + self.text[1:])
        return Change(self.change, event.model_copy(update={"id": event_id or self.id}))


class RunWatch:
    """Reads the stream and the rows of a run, outside of passes or inside the pass `scope`.

    - `_position`: the last stream entry that was read;
    - `_seen`: the number of the last state given out of each node, and of the run under "";
    - `_ended`: whether the run's end was given out.
    """

    def __init__(self, resources: Resources, run_id: str, scope: str) -> None:
        self._resources = resources
        self._run_id = run_id
        self._scope = scope
        self._stream = stream_of(run_id, scope)
        self._position = START
        self._seen: dict[str, int] = {}
        self._ended = False

    async def events(self, last_event_id: str) -> AsyncIterator[RunEvent]:
        """Yield what came after `last_event_id`, or the latest states if the stream does not know it."""
        for event in await self._tell(await self._first(last_event_id)):
            yield event
        while not self._ended:
            rows = await self._rows()
            if self._position != START:  # else no id was given out yet, so none can be resumed from
                async for event in self._messages(MOMENT_S, until=rows):
                    yield event
            for event in await self._tell(rows, looked=True):
                yield event
            async for event in self._messages(LOOK_S):
                yield event

    async def _first(self, last_event_id: str) -> list[Change]:
        """Return what the stream has after `last_event_id` or, if it does not know that, its latest states.

        The latest states have ids that also name the entry up to which they are the latest (`id~bound`): who
        resumes from one of them gets the rest of just these, and then what came after.
        """
        entries = await self._entries()
        if not entries:
            return []
        self._position = entries[-1].id
        places = {entry.id: place for place, entry in enumerate(entries, start=1)}
        last, _, bound = last_event_id.partition("~")
        begin, end = places.get(last), places.get(bound or last)
        if begin is None or end is None:
            begin, end = 0, len(entries)
        for entry in entries[:begin]:
            self._take(entry.told())
        latest: dict[str, int] = {}
        for entry in entries[:end]:
            latest[entry.key] = max(entry.change, latest.get(entry.key, 0))
        first = [entry for entry in entries[begin:end] if latest[entry.key] == entry.change]
        until = entries[end - 1].id
        named = [entry.told() if entry.id == until else entry.told(f"{entry.id}~{until}") for entry in first]
        return [*named, *(entry.told() for entry in entries[end:])]

    async def _entries(self) -> list[_Entry]:
        """Return what the stream holds of this scope; nothing while Redis is away."""
        try:
            return self._ours(await self._resources.redis.xrange(self._stream))
        except (RedisError, OSError) as error:
            log.warning("events.away", run_id=self._run_id, error=str(error))
            return []

    async def _messages(
        self, seconds: float, *, until: Sequence[Change] | None = None
    ) -> AsyncIterator[RunEvent]:
        """Yield what the stream says within so many seconds, or until it has said what is in `until`."""
        now = asyncio.get_running_loop().time
        deadline = now() + seconds
        while not self._ended and now() < deadline and (until is None or any(map(self._is_news, until))):
            block = max(1, int((deadline - now()) * 1_000))
            try:
                found = await self._resources.redis.xread({self._stream: self._position}, block=block)
            except (RedisError, OSError) as error:
                log.warning("events.away", run_id=self._run_id, error=str(error))
                if until is None:
                    await asyncio.sleep(AWAY_S)
                return
            if not found:
                return
            entries = found[0][1]
            for event in await self._tell(entry.told() for entry in self._ours(entries)):
                yield event
            self._position = entries[-1][0]

    def _ours(self, entries: Iterable[Any]) -> list[_Entry]:
        """Return the entries that are about this scope or the run itself."""
        read = (_Entry(id_, int(fields["change"]), fields["key"], fields["event"]) for id_, fields in entries)
        return [entry for entry in read if not entry.key or entry.key.rpartition("/")[0] == self._scope]

    async def _rows(self) -> list[Change]:
        """Return the states in the rows that were not given out; the run's is the last."""

        async def query(session: AsyncSession) -> tuple[Any, Any]:
            # The run first: nodes read later are at least as new, so an ended run's nodes are complete.
            run = await queries.without_values(session, self._run_id)
            return run, await queries.nodes(session, self._run_id, self._scope)

        try:
            run, nodes = await self._resources.read(query)
        except Unavailable as error:
            log.warning("rows.away", run_id=self._run_id, error=str(error))
            return []
        if run is None:
            raise NotFound(f"The run {self._run_id} is no longer there.")
        changes = [Change(node.change, self._event(node=run_shapes.node_run(node))) for node in nodes]
        changes.append(Change(run.change, self._event(run=run_shapes.summary(run))))
        return [change for change in changes if self._is_news(change)]

    def _event(self, *, node: NodeRun | None = None, run: RunSummary | None = None) -> RunEvent:
        return RunEvent(id="", run_id=self._run_id, node=node, run=run)

    async def _tell(self, changes: Iterable[Change], *, looked: bool = False) -> list[RunEvent]:
        """Return the events that are news. Before the run's end comes what only the rows know of it."""
        told: list[RunEvent] = []
        for change in changes:
            if _is_end(change) and not looked and self._is_news(change):
                told += [row.event for row in await self._rows() if row.event.node and self._take(row)]
            if self._take(change):
                told.append(change.event)
        return told

    def _is_news(self, change: Change) -> bool:
        return change.number > self._seen.get(change.key, 0)

    def _take(self, change: Change) -> bool:
        """Return whether a state is news, and remember it."""
        if not self._is_news(change):
            return False
        self._seen[change.key] = change.number
        self._ended = self._ended or _is_end(change)
        return True


def _is_end(change: Change) -> bool:
    run = change.event.run
    return run is not None and run.status in queries.SETTLED
