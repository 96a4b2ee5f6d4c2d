"""Which outputs of older runs still hold for a draft, and what has to run for what is asked. Pure.

An output holds while its node's fingerprint is what it was and nothing that it was made from is newer. What
is read of an `input` node counts by its value alone, in the fingerprint.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

from engine.fingerprints import Dependencies

Standing = Literal["fresh", "stale", "none"]
What = Literal["node", "to", "from", "stale", "all"]


@dataclass(frozen=True)
class Known:
    """What an older run made of a node: which run, and whether its fingerprint is the present one.

    Ids of runs sort by the time they were made.
    """

    run_id: str
    unchanged: bool


@dataclass(frozen=True)
class Choice:
    """The nodes that run, those whose outputs are reused, and those whose given values are used."""

    run: frozenset[str]
    reused: frozenset[str]
    given: frozenset[str]


class Standings:
    """How the nodes outside of containers stand: `given` ones have a value of their own."""

    def __init__(
        self, dependencies: Dependencies, known: Mapping[str, Known], given: Collection[str] = ()
    ) -> None:
        self._known = known
        self._given = given
        self._nodes = {
            node_id: node
            for node_id, node in dependencies.nodes.items()
            if dependencies.container(node_id) == node_id
        }
        self._sources = {node_id: dependencies.sources[node_id] for node_id in self._nodes}
        order = [node_id for node_id in dependencies.order if node_id in self._nodes]
        self.of: dict[str, Standing] = dict.fromkeys(self._nodes, "none")
        self._reusable: set[str] = set()
        for node_id in order:
            self.of[node_id] = self._standing(node_id)
            if self._may_be_reused(node_id):
                self._reusable.add(node_id)

    def choose(self, what: What, node_id: str = "") -> Choice:
        """Return what runs when `what` is asked for (of `node_id`, where it is about one).

        Whatever those nodes wait for is reused where it holds and may be, and runs where not.
        """
        return self.closed(self._wanted(what, node_id), self._reusable)

    def closed(self, wanted: Collection[str], reusable: Collection[str]) -> Choice:
        """Return the choice of what is `wanted` and all that it waits for and is not `reusable`."""
        run, reused, given = set(wanted) - set(self._given), set[str](), set[str]()
        waiting = list(run)
        while waiting:
            for source in self._sources[waiting.pop()]:
                if source in self._given:
                    given.add(source)
                elif source in reusable and source not in run:
                    reused.add(source)
                elif source in self._nodes and source not in run:
                    run.add(source)
                    waiting.append(source)
        return Choice(frozenset(run), frozenset(reused), frozenset(given))

    def followers(self, node_ids: Iterable[str]) -> set[str]:
        """Return everything that waits for one of these nodes, however many steps away.

        A given value changes by nothing, so it ends the way.
        """
        targets: dict[str, list[str]] = {}
        for target, sources in self._sources.items():
            for source in sources:
                targets.setdefault(source, []).append(target)
        found: set[str] = set()
        waiting = list(node_ids)
        while waiting:
            fresh = {target for target in targets.get(waiting.pop(), ()) if target not in self._given}
            fresh -= found
            found.update(fresh)
            waiting.extend(fresh)
        return found

    def _wanted(self, what: What, node_id: str) -> set[str]:
        match what:
            case "node":
                return {node_id}
            case "to":
                return set() if node_id in self._reusable else {node_id}
            case "from":
                return {node_id, *self.followers([node_id])}
            case "stale":
                old = {one for one, standing in self.of.items() if standing != "fresh"}
                return old | self.followers(one for one in old if self._counts(one))
            case "all":
                return set(self._nodes)
            case _:
                assert_never(what)

    def _standing(self, node_id: str) -> Standing:
        if node_id in self._given:
            return "fresh"
        known = self._known.get(node_id)
        if known is None:
            return "none"
        sources = [source for source in self._sources[node_id] if self._counts(source)]
        old = any(self.of[source] == "stale" or self._is_newer(source, known) for source in sources)
        return "fresh" if known.unchanged and not old else "stale"

    def _counts(self, source: str) -> bool:
        return source in self._nodes and self._nodes[source].type != "input"

    def _is_newer(self, source: str, than: Known) -> bool:
        known = self._known.get(source)
        return source not in self._given and known is not None and known.run_id > than.run_id

    def _may_be_reused(self, node_id: str) -> bool:
        """Say whether an output may be reused: neither it nor what it was made from is always made anew."""
        if node_id in self._given:
            return True
        if not self._counts(node_id):
            return False
        known = [
            source for source in self._sources[node_id] if self._counts(source) and source in self._known
        ]
        return (
            self.of[node_id] == "fresh"
            and self._nodes[node_id].policy.cache
            and all(source in self._reusable for source in known)
        )
