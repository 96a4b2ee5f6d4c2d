"""Which pass each container of a watched run shows, and what is read of the run for it.

A container shows one pass: the one that a person chose, else the latest while it runs, else the first that
failed, else the last. A container inside of another shows one of the passes that it had in that one's pass.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.contracts import TERMINAL
from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.services import passes
from workbench.services.shapes import NodeRun

LATEST = -1
"""The wish to see whichever pass is the latest."""

CUT_OR_GOING_ON = frozenset({"running", "waiting", "cancelled"})
"""The statuses of a container in which more passes have begun than have ended."""


@dataclass(frozen=True)
class PassView:
    """The pass that a container shows: its `index`, counted from 0, -1 while none has begun.

    `known` passes can be looked at; `total` is how many there are in all, 0 if that is not known yet.
    """

    index: int = -1
    known: int = 0
    total: int = 0
    failed: int = 0
    follow: bool = False


@dataclass(frozen=True)
class PassBook:
    """What is shown of a run's containers.

    - `bodies`: by container, all nodes inside of it, at any depth;
    - `chosen`: by container, the pass that a person wishes to see: an index or LATEST;
    - `containers`: the state of each container outside of passes or in a pass that is shown;
    - `shown`: by container, the index of the pass that is shown; absent while none has begun.
    """

    bodies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chosen: Mapping[str, int] = field(default_factory=dict)
    containers: Mapping[str, NodeRun] = field(default_factory=dict)
    shown: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document, address: str = "") -> "PassBook":
        """Return the book of a run of `document`; `address` is what `address()` gave for a wish."""
        bodies = _bodies(document)
        return cls(bodies=bodies, chosen=_read(address, bodies))

    @property
    def scopes(self) -> frozenset[str]:
        """The passes that are shown, as scopes of their nodes."""
        return frozenset(f"{self.containers[name].place}/{index}" for name, index in self.shown.items())

    def address(self) -> str:
        """Return the wishes as text for the page's address: `each/3,pages/latest`."""
        return ",".join(
            f"{name}/{'latest' if index == LATEST else index}" for name, index in self.chosen.items()
        )

    def choose(self, container: str, index: int) -> "PassBook":
        """Return the book with a wish; wishes for containers inside, which were about another pass, go."""
        inside = self.bodies.get(container, ())
        kept = {name: wish for name, wish in self.chosen.items() if name not in inside}
        return replace(self, chosen={**kept, container: index})

    def moved(self, container: NodeRun) -> bool:
        """Return whether the container's new state may have it show another pass."""
        name = container.node_id
        if self.chosen.get(name, LATEST) != LATEST:
            return name not in self.shown
        return container.status in TERMINAL or _latest(container) != self.shown.get(name)

    def noted(self, container: NodeRun, index: int | None = None) -> "PassBook":
        """Return the book with the container's new state and, if given, the pass that it shows."""
        shown = self.shown if index is None else {**self.shown, container.node_id: index}
        return replace(self, containers={**self.containers, container.node_id: container}, shown=shown)

    def emptied(self, container: str) -> "PassBook":
        """Return the book without what it knows of the passes of `container` and of all inside of it."""
        gone = {container, *self.bodies.get(container, ())}
        return replace(
            self,
            containers={name: node for name, node in self.containers.items() if name not in gone},
            shown={name: index for name, index in self.shown.items() if name not in gone},
        )

    def view(self, name: str) -> PassView | None:
        """Return what the container `name` shows; None for any other node."""
        node = self.containers.get(name)
        if node is None or node.tally is None:
            return None
        return PassView(
            index=self.shown.get(name, -1),
            known=_known(node),
            total=node.tally.total or 0,
            failed=node.tally.failed,
            follow=node.status not in TERMINAL and self.chosen.get(name, LATEST) == LATEST,
        )


async def read(
    principal: Principal, run_id: str, book: PassBook, containers: Iterable[NodeRun]
) -> tuple[PassBook, dict[str, NodeRun]]:
    """Return the book with the passes that `containers`, and those inside of them, show; and their nodes."""
    found: dict[str, NodeRun] = {}
    waiting = [node for node in containers if node.tally is not None]
    while waiting:
        container = waiting.pop()
        index = await _index(principal, run_id, book, container)
        book = book.emptied(container.node_id).noted(container, index)
        if index is None:
            continue
        inside = await passes.list_nodes(principal, run_id, scope=f"{container.place}/{index}")
        found |= {node.node_id: node for node in inside}
        waiting += [node for node in inside if node.tally is not None]
    return book, found


async def wish(principal: Principal, run_id: str, book: PassBook, container: NodeRun, which: str) -> int:
    """Return the pass that a press means: an index, `previous`, `next`, `latest` or `failed`."""
    now = book.shown.get(container.node_id, 0)
    match which:
        case "previous":
            return max(0, now - 1)
        case "next":
            return now + 1
        case "latest":
            return LATEST
        case "failed":
            found = await _failed(principal, run_id, container, after=now)
            return found if found is not None else await _failed(principal, run_id, container) or 0
        case _:
            return int(which) if which.isdecimal() else now


def place_in_words(scope: str) -> str:
    """Return a scope as people say it, passes counted from 1: `each 4 › pages 1`; empty outside of passes."""
    parts = scope.split("/") if scope else []
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return " › ".join(f"{name} {int(index) + 1}" for name, index in pairs)


def tally_in_words(node: NodeRun) -> str:
    """Return how far a container is: `37 of 200 · 2 failed`; empty for any other node."""
    tally = node.tally
    if tally is None:
        return ""
    of = f"{tally.done:,} of {tally.total:,}" if tally.total is not None else _passes(tally.done)
    return f"{of} · {tally.failed:,} failed" if tally.failed else of


def _passes(number: int) -> str:
    return f"{number:,} pass" if number == 1 else f"{number:,} passes"


async def _index(principal: Principal, run_id: str, book: PassBook, container: NodeRun) -> int | None:
    known, wanted = _known(container), book.chosen.get(container.node_id)
    if known == 0:
        return None
    if wanted is not None and wanted != LATEST:
        return min(wanted, known - 1)
    if wanted is None and container.status in TERMINAL and container.tally and container.tally.failed:
        failed = await _failed(principal, run_id, container)
        return failed if failed is not None else _latest(container)
    return _latest(container)


async def _failed(principal: Principal, run_id: str, container: NodeRun, after: int = -1) -> int | None:
    """Return the index of the first failed pass after one, None when there is no further."""
    page = await passes.list_passes(
        principal,
        run_id,
        container.node_id,
        scope=container.scope,
        status="failed",
        limit=1,
        cursor=str(after) if after >= 0 else None,
    )
    return page.items[0].index if page.items else None


def _known(container: NodeRun) -> int:
    tally = container.tally
    if tally is None:
        return 0
    begun = tally.done + (container.status in CUT_OR_GOING_ON)
    return begun if tally.total is None else tally.total


def _latest(container: NodeRun) -> int | None:
    """Return the pass at the front; passes begin in their order, so one after all that ended has begun."""
    done, known = container.tally.done if container.tally else 0, _known(container)
    if known == 0:
        return None
    return min(done, known - 1) if container.status in CUT_OR_GOING_ON else max(0, min(done, known) - 1)


def _bodies(document: Document) -> dict[str, tuple[str, ...]]:
    homes = {node.id: node.parent for node in document.nodes}
    found: dict[str, list[str]] = {}
    for node_id, home in homes.items():
        while home is not None:
            found.setdefault(home, []).append(node_id)
            home = homes.get(home)
    return {container: tuple(body) for container, body in found.items()}


def _read(address: str, known: Mapping[str, Sequence[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in address.split(","):
        name, _, index = part.rpartition("/")
        if name in known and (index == "latest" or (index.isdecimal() and len(index) < 10)):
            found[name] = LATEST if index == "latest" else int(index)
    return found
