"""What holds of older runs, and what has to run: sets and dicts, no database."""

from engine.fingerprints import Dependencies
from engine.graph import Document, Edge, Node, Policy
from workbench.services.standing import Choice, Known, Standings


def chain(*uncached: str) -> Dependencies:
    """`start` → `a` → `b` → `c`, and `d` beside `b`."""
    nodes = [Node(id="start", type="input")] + [
        Node(id=name, type="transform", config={"value": 1}, policy=Policy(cache=name not in uncached))
        for name in "abcd"
    ]
    pairs = (("start", "a"), ("a", "b"), ("b", "c"), ("a", "d"))
    edges = [Edge(source=source, target=target) for source, target in pairs]
    return Dependencies(Document(name="Chain", nodes=nodes, edges=edges))


def known(**runs: str) -> dict[str, Known]:
    """Return outputs by node: `a="1"` was made in run 1, `a="1*"` too, but its fingerprint is another now."""
    return {name: Known(run.rstrip("*"), not run.endswith("*")) for name, run in runs.items()}


ALL_OF_RUN_1 = known(start="1", a="1", b="1", c="1", d="1")


def test_what_one_run_made_holds() -> None:
    assert set(Standings(chain(), ALL_OF_RUN_1).of.values()) == {"fresh"}


def test_what_never_ran_is_not_stale() -> None:
    assert Standings(chain(), {}).of["a"] == "none"


def test_a_changed_node_is_stale_with_what_follows_it() -> None:
    found = Standings(chain(), ALL_OF_RUN_1 | known(b="1*"))
    assert found.of == {"start": "fresh", "a": "fresh", "b": "stale", "c": "stale", "d": "fresh"}


def test_what_was_made_from_an_older_output_is_stale() -> None:
    found = Standings(chain(), ALL_OF_RUN_1 | known(a="2"))
    assert found.of == {"start": "fresh", "a": "fresh", "b": "stale", "c": "stale", "d": "stale"}


def test_inputs_count_by_their_value_not_by_their_age() -> None:
    assert Standings(chain(), ALL_OF_RUN_1 | known(start="2")).of["a"] == "fresh"


def test_a_node_runs_with_the_outputs_that_hold() -> None:
    chosen = Standings(chain(), ALL_OF_RUN_1).choose("node", "c")
    assert chosen == Choice(frozenset("c"), frozenset("b"), frozenset())


def test_what_does_not_hold_upstream_runs_as_well() -> None:
    chosen = Standings(chain(), ALL_OF_RUN_1 | known(b="1*")).choose("node", "c")
    assert chosen == Choice(frozenset("bc"), frozenset("a"), frozenset())


def test_inputs_are_always_read_anew() -> None:
    assert Standings(chain(), ALL_OF_RUN_1).choose("node", "a").run == {"start", "a"}


def test_running_to_a_node_that_holds_runs_nothing() -> None:
    assert Standings(chain(), ALL_OF_RUN_1).choose("to", "c").run == frozenset()
    assert Standings(chain(), ALL_OF_RUN_1 | known(b="1*")).choose("to", "c").run == {"b", "c"}


def test_running_from_a_node_runs_all_that_follows() -> None:
    chosen = Standings(chain(), ALL_OF_RUN_1).choose("from", "b")
    assert chosen == Choice(frozenset("bc"), frozenset("a"), frozenset())


def test_what_is_stale_runs_with_what_never_ran_and_what_follows_that() -> None:
    made = {name: one for name, one in ALL_OF_RUN_1.items() if name != "b"}
    assert Standings(chain(), made).choose("stale").run == {"b", "c"}
    assert Standings(chain(), ALL_OF_RUN_1).choose("stale").run == frozenset()


def test_an_output_that_is_never_reused_is_made_anew_with_what_was_made_from_it() -> None:
    found = Standings(chain("a"), ALL_OF_RUN_1)
    assert found.of["a"] == "fresh"
    assert found.choose("node", "c").run == {"start", "a", "b", "c"}


def test_a_given_value_stands_for_its_node_and_for_what_leads_to_it() -> None:
    found = Standings(chain(), {}, given={"b"})
    assert found.choose("node", "c") == Choice(frozenset("c"), frozenset(), frozenset("b"))
    assert found.choose("from", "b") == Choice(frozenset("c"), frozenset(), frozenset("b"))


def test_of_a_container_only_the_whole_stands() -> None:
    nodes = [Node(id="each", type="map"), Node(id="one", type="transform", parent="each")]
    assert Standings(Dependencies(Document(name="Each", nodes=nodes)), {}).of == {"each": "none"}
