"""What the inbox's address says, and decisions that can be undone, in words."""

from datetime import UTC, datetime, timedelta

from workbench.services.inbox import Held
from workbench.state.held import _views
from workbench.state.inbox_views import address_of, wanted

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_an_address_says_what_is_known_and_nothing_else() -> None:
    asked = {"queue": "mine", "sort": "due", "q": " invoice ", "priority": "9", "kind": "evil", "x": "1"}
    assert address_of(asked) == {"queue": "mine", "sort": "due", "q": "invoice"}
    assert address_of({"queue": "evil"}) == {"queue": "asked"}


def test_an_address_is_what_the_list_is_asked_for() -> None:
    found = wanted(address_of({"priority": "1", "due": "overdue", "workflow": "w"}))
    assert (found["queue"], found["priority"], found["overdue"], found["workflow_id"]) == (
        "asked",
        1,
        True,
        "w",
    )
    week = wanted(address_of({"due": "week"}))["due_before"]
    assert timedelta(days=6) < week - datetime.now(UTC) <= timedelta(days=7)


def test_what_was_decided_together_is_undone_together() -> None:
    def held(id_: str, action: str, second: float) -> Held:
        return Held(id_, f"Task {id_}", action, NOON + timedelta(seconds=second))

    one, many = _views([held("a", "reject", 0), held("b", "approve", 0.2), held("c", "approve", 0.9)])
    assert (one.words, one.ids) == ("“Task a”: you rejected", ["a"])
    assert (many.words, many.ids) == ("2 tasks: you approved", ["b", "c"])
