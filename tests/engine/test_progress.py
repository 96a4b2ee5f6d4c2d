"""Which steps are decided when: the graph alone, with no runtime."""

from hypothesis import given
from hypothesis import strategies as st

from engine.contracts import Incoming, NodeRecord, NodeStatus, Plan, TransformStep
from engine.workflows.progress import Progress
from tests.engine.plans import merge, plan, transform


def settled(node_id: str, status: NodeStatus = "succeeded", ports: tuple[str, ...] = ("out",)) -> NodeRecord:
    return NodeRecord(node_id=node_id, status=status, ports=ports)


def decided(progress: Progress, record: NodeRecord) -> dict[str, bool]:
    """Return the steps that `record` decides, and whether they run."""
    return {decision.step.id: decision.runs for decision in progress.settle(record)}


def test_steps_without_sources_begin() -> None:
    progress = Progress(
        (
            transform("a", 1),
            transform("b", 1),
            transform("c", 1, "a"),
        )
    )
    assert [decision.step.id for decision in progress.begin()] == ["a", "b"]


def test_one_live_edge_is_enough_once_all_sources_are_settled() -> None:
    progress = Progress(
        (
            transform("a", 1),
            transform("b", 1),
            transform("c", 1, "a", "b"),
        )
    )
    assert decided(progress, settled("a")) == {}
    assert decided(progress, settled("b", "skipped", ())) == {"c": True}


def test_step_is_skipped_when_no_edge_is_live() -> None:
    progress = Progress(
        (
            transform("a", 1),
            transform("c", 1, "a.true", "a.error"),
        )
    )
    assert decided(progress, settled("a", ports=("false",))) == {"c": False}


def test_two_edges_from_one_source_count_as_two() -> None:
    progress = Progress(
        (
            transform("a", 1),
            transform("c", 1, "a.true", "a.false"),
        )
    )
    assert decided(progress, settled("a", ports=("false",))) == {"c": True}


def test_resumed_run_goes_on_with_what_was_decided_but_not_done() -> None:
    steps = [transform("a", 1), transform("b", 1, "a"), transform("c", 1, "b"), transform("d", 1)]
    ready = Progress(steps).resume([settled("a"), settled("b")])
    assert [decision.step.id for decision in ready] == ["d", "c"]


def test_merge_that_needs_one_branch_is_decided_by_the_first_live_one_and_only_once() -> None:
    steps = [transform("a", 1), transform("b", 1), transform("c", 1)]
    progress = Progress(
        (
            *steps,
            merge("m", "a.true", "b", "c", needs=1),
        )
    )
    assert decided(progress, settled("a", ports=("false",))) == {}
    assert decided(progress, settled("b")) == {"m": True}
    assert decided(progress, settled("c")) == {}


def test_two_edges_from_one_source_are_one_branch() -> None:
    progress = Progress(
        (
            transform("a", 1),
            transform("b", 1),
            merge("m", "a.x", "a.y", "b", needs=2),
        )
    )
    assert decided(progress, settled("a", ports=("x", "y"))) == {}
    assert decided(progress, settled("b")) == {"m": True}


def test_what_only_leads_to_a_decided_merge_is_moot_to_its_beginning() -> None:
    steps = [transform("won", 1), transform("a", 1), transform("b", 1, "a"), transform("c", 1, "a", "b")]
    progress = Progress(
        (
            *steps,
            merge("m", "won", "c", needs=1),
        )
    )
    progress.settle(settled("won"))
    assert sorted(progress.moot("m")) == ["a", "b", "c"]
    assert progress.moot("m") == []


def test_what_leads_elsewhere_too_is_not_moot_until_that_is_decided() -> None:
    steps = [transform("won", 1), transform("shared", 1)]
    merges = [merge("m", "won", "shared", needs=1), merge("n", "won", "shared", needs=1)]
    progress = Progress(
        (
            *steps,
            *merges,
            transform("other", 1),
        )
    )
    assert decided(progress, settled("won")) == {"m": True, "n": True}
    assert progress.moot("m") == ["shared"]
    apart = Progress(
        (
            *steps,
            merges[0],
            transform("reader", 1, "shared"),
        )
    )
    apart.settle(settled("won"))
    assert apart.moot("m") == []


@st.composite
def graphs(draw: st.DrawFn) -> Plan:
    """Draw a graph whose edges lead forward."""
    steps = []
    for n in range(draw(st.integers(1, 12))):
        sources = draw(st.lists(st.integers(0, n - 1), max_size=4)) if n else []
        ports = [draw(st.sampled_from(["out", "error"])) for _ in sources]
        edges = tuple(Incoming(source=f"s{s}", port=p) for s, p in zip(sources, ports, strict=True))
        after = tuple(f"s{s}" for s in draw(st.lists(st.integers(0, n - 1), max_size=2))) if n else ()
        steps.append(TransformStep(id=f"s{n}", type="transform", value=n, incoming=edges, after=after))
    return plan(*steps)


@given(graphs(), st.randoms())
def test_every_step_is_decided_once_after_its_sources(graph: Plan, random: st.DataObject) -> None:
    progress = Progress(graph.steps, graph.outputs)
    ready, order = progress.begin(), []
    while ready:
        decision = ready.pop(random.randrange(len(ready)))
        step = decision.step
        assert {edge.source for edge in step.incoming} | set(step.after) <= set(order)
        order.append(step.id)
        record = settled(step.id) if decision.runs else settled(step.id, "skipped", ())
        ready.extend(progress.settle(record))
    assert sorted(order) == sorted(step.id for step in graph.steps)
