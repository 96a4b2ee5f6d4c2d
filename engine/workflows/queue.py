"""Activities that are decided and wait for room: in the run as a whole, and in their concurrency groups."""

from collections import Counter, deque
from collections.abc import Collection

from engine.contracts import ActivityStep
from engine.workflows.scopes import Scope

Item = tuple[Scope, ActivityStep]


class Queue:
    """First come, first served, but that a step whose group is full lets those of other groups pass.

    `_held` are the steps that found their group full, by group; each step moves there at most once, so the
    cost of a step does not grow with the length of the queue.
    """

    def __init__(self) -> None:
        self._ready: deque[Item] = deque()
        self._held: dict[str, deque[Item]] = {}

    def __bool__(self) -> bool:
        """Whether any step waits here."""
        return bool(self._ready or self._held)

    def add(self, scope: Scope, step: ActivityStep) -> None:
        """Let a step wait for room."""
        self._ready.append((scope, step))

    def put_back(self, scope: Scope, step: ActivityStep) -> None:
        """Let a step that was taken out be the next one again."""
        self._ready.appendleft((scope, step))

    def next(self, busy: Counter[str]) -> Item | None:
        """Take out the step that is next; `busy` says how many of each group are under way."""
        for group, held in self._held.items():
            if _has_room(held[0][1], busy):
                item = held.popleft()
                if not held:
                    del self._held[group]
                return item
        while self._ready:
            scope, step = self._ready.popleft()
            if step.slots is None or (step.slots.group not in self._held and _has_room(step, busy)):
                return scope, step
            self._held.setdefault(step.slots.group, deque()).append((scope, step))
        return None

    def drop(self, scope: Scope, node_ids: Collection[str]) -> None:
        """Take steps out that no longer matter."""

        def kept(items: deque[Item]) -> deque[Item]:
            return deque((at, step) for at, step in items if at is not scope or step.id not in node_ids)

        self._ready = kept(self._ready)
        held = {group: kept(items) for group, items in self._held.items()}
        self._held = {group: items for group, items in held.items() if items}


def _has_room(step: ActivityStep, busy: Counter[str]) -> bool:
    return step.slots is None or busy[step.slots.group] < step.slots.limit
