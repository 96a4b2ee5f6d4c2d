"""The inbox's lists: queues, counts, what is new, search, filters, orders, and the lists that people keep."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.contracts import TaskOpening
from tests.people import somebody
from tests.workbench.accounts import Installation
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.auth.roles import Role, allowed
from workbench.db import tasks as queries
from workbench.db.ids import new_id, now
from workbench.errors import Conflict, Invalid, NotFound
from workbench.services import inbox, inbox_views, tasks
from workbench.services.access import acting
from workbench.services.resources import Resources, get_resources
from workbench.services.task_inbox import PostgresInbox

REVIEWER = allowed(frozenset({Role.REVIEWER}))


def colleague(principal: Principal) -> Principal:
    return somebody("Bob", workspace=principal.workspace, actions=REVIEWER)


async def may_decide(installation: Installation, principal: Principal, *people: str) -> None:
    await installation.workspace_called(principal.workspace)
    for person in people:
        await installation.give(principal.workspace, person, Role.REVIEWER)


class Asking:
    """Stores tasks of runs that no engine knows."""

    def __init__(self, principal: Principal, make_run: MakeRun) -> None:
        self.principal, self.make_run = principal, make_run

    async def __call__(self, title: str = "Pay?", **opening: Any) -> str:
        """Store a task; return its id."""
        run = await self.make_run()
        values = {"type": "approval", "choices": ("approve", "reject"), "opened_at": now(), **opening}
        await PostgresInbox().open(TaskOpening(run_id=run.id, node_id="ask", title=title, **values))
        with acting(self.principal):
            async with get_resources().transaction() as session:
                row = await queries.at(session, (run.id, "", "ask", 1))
        assert row is not None
        return row.id


@pytest.fixture
def ask(principal: Principal, make_run: MakeRun, team: None) -> Asking:
    return Asking(principal, make_run)


async def listed(principal: Principal, **wanted: Any) -> list[str]:
    return [task.title for task in (await tasks.list_tasks(principal, **wanted)).items]


async def test_what_somebody_has_not_seen_is_unread_until_they_have(
    principal: Principal, ask: Asking
) -> None:
    first, second = await ask("First"), await ask("Second")
    bob = colleague(principal)
    assert await inbox.mark(principal, [first, new_id()], seen=True) == 1
    assert await listed(principal, queue="unread") == ["Second"]
    assert await listed(bob, queue="unread") == ["Second", "First"]
    await inbox.mark(principal, [first, second], seen=False)
    assert [task.unread for task in (await tasks.list_tasks(principal)).items] == [True, True]


async def test_counts_say_how_long_each_queue_is(
    principal: Principal, ask: Asking, installation: Installation
) -> None:
    bob, cleo = await installation.person("Bob"), await installation.person("Cleo")
    group = await installation.group(None, cleo)
    await may_decide(installation, principal, bob, cleo)
    await ask("Anybody's")
    await ask("Bob's", assignees=(f"{bob}@example.org",))
    await ask("The group's", assignees=(group,))
    named = Principal(id=bob, name="Bob", workspace=principal.workspace, actions=REVIEWER)
    member = replace(colleague(principal), groups=frozenset({group}))
    assert await listed(named, queue="asked") == ["Bob's", "Anybody's"]
    assert await listed(member, queue="groups") == ["The group's", "Anybody's"]
    for one in (named, member, principal):
        counts = await inbox.counts(one)
        lengths = {queue: len(await listed(one, queue=queue)) for queue in counts}
        assert counts == lengths
        assert await inbox.waiting(one) == counts["asked"]


async def test_what_somebody_has_claimed_asks_nobody_else(principal: Principal, ask: Asking) -> None:
    task, bob = await ask(), colleague(principal)
    await tasks.claim(bob, task)
    assert (await inbox.waiting(bob), await inbox.waiting(principal)) == (1, 0)


async def test_every_word_is_looked_for_in_title_context_workflow_and_people(
    principal: Principal, ask: Asking, installation: Installation
) -> None:
    cleo = await installation.person("Cleo 100%")
    await may_decide(installation, principal, cleo)
    await ask("Invoice INV-4711", context="Due on **Friday**")
    await ask("Contract", assignees=(f"{cleo}@example.org",))
    assert await listed(principal, search="4711 friday") == ["Invoice INV-4711"]
    assert await listed(principal, search="CLEO") == ["Contract"]
    assert await listed(principal, search="100%") == ["Contract"]
    assert await listed(principal, search="recorded") == ["Contract", "Invoice INV-4711"]
    assert await listed(principal, search="invoice cleo") == []
    assert await listed(principal, search="%") == ["Contract"]


async def test_a_list_is_narrowed_by_kind_priority_due_and_assignee(
    principal: Principal, ask: Asking, installation: Installation
) -> None:
    dan = await installation.person("Dan")
    await may_decide(installation, principal, dan)
    past, soon = now() - timedelta(hours=1), now() + timedelta(hours=1)
    await ask("Late", due_at=past, priority=1)
    await ask("Soon", due_at=soon, type="review")
    await ask("Dan's", assignees=(f"{dan}@example.org",))
    assert await listed(principal, overdue=True) == ["Late"]
    assert await listed(principal, due_before=now() + timedelta(hours=2)) == ["Soon", "Late"]
    assert await listed(principal, kind="review") == ["Soon"]
    assert await listed(principal, priority=1) == ["Late"]
    assert await listed(principal, assignee=dan) == ["Dan's"]


@pytest.mark.parametrize("sort", ["newest", "due", "priority"])
async def test_pages_of_every_order_follow_each_other(principal: Principal, ask: Asking, sort: Any) -> None:
    for minutes, priority in ((30, 3), (None, 1), (10, 3), (None, 3), (10, 1)):
        due = None if minutes is None else now() + timedelta(minutes=minutes)
        await ask(f"{minutes} {priority}", due_at=due, priority=priority)
    whole, cursor, paged = await listed(principal, sort=sort), None, []
    while page := await tasks.list_tasks(principal, sort=sort, limit=2, cursor=cursor):
        paged += [task.title for task in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert paged == whole
    orders = {
        "newest": ["10 1", "None 3", "10 3", "None 1", "30 3"],
        "due": ["10 3", "10 1", "30 3", "None 1", "None 3"],
        "priority": ["10 1", "None 1", "10 3", "30 3", "None 3"],
    }
    assert whole == orders[sort]


async def test_a_cursor_of_another_order_is_refused(principal: Principal, ask: Asking) -> None:
    for _ in range(2):
        await ask()
    cursor = (await tasks.list_tasks(principal, limit=1)).next_cursor
    for sort in ("due", "priority"):
        with pytest.raises(Invalid, match="of another list"):
            await tasks.list_tasks(principal, sort=sort, cursor=cursor)  # type: ignore[arg-type]


async def test_what_open_tasks_have_is_what_they_can_be_narrowed_to(
    principal: Principal, ask: Asking, installation: Installation
) -> None:
    eve = await installation.person("Eve")
    await may_decide(installation, principal, eve)
    await ask(assignees=(f"{eve}@example.org",), type="form")
    found = await inbox.facets(principal)
    assert (list(found.workflows.values()), found.kinds, found.assignees) == (
        ["Recorded"],
        ("form",),
        {eve: "Eve"},
    )


async def test_lists_are_kept_renamed_and_deleted_by_whose_they_are(
    principal: Principal, resources: Resources
) -> None:
    kept = await inbox_views.keep(principal, name=" Urgent  ones ", query="priority=1&queue=mine&q=")
    assert (kept.name, kept.query) == ("Urgent ones", "priority=1&queue=mine")
    with pytest.raises(Conflict, match="Urgent ones"):
        await inbox_views.keep(principal, name="Urgent ones", query="")
    bob = colleague(principal)
    assert await inbox_views.list_views(bob) == ()
    with pytest.raises(NotFound):
        await inbox_views.change(bob, kept.id, name="Mine")
    with pytest.raises(NotFound):
        await inbox_views.delete(bob, kept.id)
    await inbox_views.change(principal, kept.id, name="Urgent")
    assert [view.name for view in await inbox_views.list_views(principal)] == ["Urgent"]
    await inbox_views.delete(principal, kept.id)
    assert await inbox_views.list_views(principal) == ()


@pytest.mark.parametrize(("name", "query"), [("", ""), ("x" * 61, ""), ("Mine", "evil=1"), ("Mine", "q=%00")])
async def test_what_is_no_list_is_not_kept(
    principal: Principal, resources: Resources, name: str, query: str
) -> None:
    with pytest.raises(Invalid):
        await inbox_views.keep(principal, name=name, query=query)
