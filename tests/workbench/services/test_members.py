"""Who belongs to a workspace, through what, and that it never loses its last admin."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from tests.people import somebody
from tests.workbench.accounts import Installation, acting_as
from workbench.auth.roles import Action, Role
from workbench.db.ids import now
from workbench.db.tables import AuditRow
from workbench.errors import Conflict, Forbidden, Invalid, NotFound
from workbench.services import members
from workbench.services.members import GivenRole

pytestmark = pytest.mark.usefixtures("team")

PROVIDER = "one that no test stores"
"""A provider whose row is gone is told by its id."""


async def roles_of(workspace: str, person: str) -> tuple[GivenRole, ...]:
    found = await members.list_members(acting_as(person, workspace, Role.VIEWER), limit=200)
    return next((member.roles for member in found.items if member.id == person), ())


async def test_a_member_has_roles_by_name_by_group_and_by_provider(installation: Installation) -> None:
    here, ada = await installation.workspace(), await installation.person()
    finance = await installation.group(None, ada)
    await installation.give(here, ada, Role.DESIGNER)
    await installation.give(here, ada, Role.REVIEWER, source=PROVIDER)
    await installation.give(here, finance, Role.OPERATOR)
    by_name, by_provider, by_group = sorted(
        await roles_of(here, ada), key=lambda given: (given.group_id or "", given.provider or "")
    )
    assert by_name == GivenRole(role=Role.DESIGNER)
    assert by_provider == GivenRole(role=Role.REVIEWER, provider=PROVIDER)
    assert (by_group.role, by_group.group_id) == (Role.OPERATOR, finance)


async def test_a_role_that_is_given_counts_from_the_next_call_on(installation: Installation) -> None:
    here, boss, ada = await installation.workspace(), await installation.person(), await installation.person()
    await installation.give(here, boss, Role.ADMIN)
    await installation.give(here, ada, Role.VIEWER)
    caller = await installation.caller(ada)
    assert not caller.principal.may(Action.WORKFLOWS_WRITE)
    await members.set_roles(acting_as(boss, here, Role.ADMIN), ada, frozenset({Role.DESIGNER}))
    again = await installation.again(caller.credentials.cookie or "")
    assert again.principal.may(Action.WORKFLOWS_WRITE)


async def test_the_last_admin_stays(installation: Installation) -> None:
    here, boss, gone = (
        await installation.workspace(),
        await installation.person(),
        await installation.person(),
    )
    await installation.give(here, boss, Role.ADMIN)
    admin = acting_as(boss, here, Role.ADMIN)
    with pytest.raises(Conflict, match="last admin"):
        await members.set_roles(admin, boss, frozenset({Role.VIEWER}))
    assert [given.role for given in await roles_of(here, boss)] == [Role.ADMIN]
    await members.set_roles(admin, gone, frozenset({Role.ADMIN}))
    assert (await members.set_roles(admin, boss, frozenset())).roles == ()


async def test_a_group_of_nobody_does_not_make_up_for_the_last_admin(installation: Installation) -> None:
    here, boss = await installation.workspace(), await installation.person()
    empty = await installation.group()
    await installation.give(here, boss, Role.ADMIN)
    await installation.give(here, empty, Role.ADMIN)
    with pytest.raises(Conflict, match="last admin"):
        await members.set_roles(acting_as(boss, here, Role.ADMIN), boss, frozenset())


async def test_what_a_provider_gives_is_not_taken_here(installation: Installation) -> None:
    here, ada = await installation.workspace(), await installation.person()
    await installation.give(here, ada, Role.REVIEWER, source=PROVIDER)
    left = await members.set_roles(acting_as("boss", here, Role.ADMIN), ada, frozenset())
    assert left.roles == (GivenRole(role=Role.REVIEWER, provider=PROVIDER),)


async def test_who_is_an_administrator_by_a_providers_claim_is_listed_as_one(
    installation: Installation,
) -> None:
    here, root = await installation.workspace(), await installation.person("Root")
    await installation.named_administrator(root)
    found = await members.list_members(acting_as("reader", here, Role.VIEWER), limit=200)
    assert [member.administrator for member in found.items if member.id == root] == [True]


async def test_people_of_other_workspaces_are_not_listed(installation: Installation) -> None:
    here, there = await installation.workspace(), await installation.workspace()
    eve = await installation.person("Eve")
    await installation.give(there, eve, Role.ADMIN)
    assert await roles_of(here, eve) == ()
    found = await members.list_members(acting_as(eve, here, Role.VIEWER), limit=200)
    assert eve not in {member.id for member in found.items}


async def test_pages_follow_each_other_by_name(installation: Installation) -> None:
    here = await installation.workspace()
    for name in ("Zoë of pages", "ada of pages", "Bob of pages"):
        await installation.give(here, await installation.person(name), Role.VIEWER)
    reader, names, cursor = acting_as("reader", here, Role.VIEWER), [], None
    while True:
        page = await members.list_members(reader, limit=1, cursor=cursor, search="of pages")
        names += [member.name for member in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert names == ["ada of pages", "Bob of pages", "Zoë of pages"]


@pytest.mark.parametrize(
    "cursor", ["x", "WzFd", "WyJhIiwgMl0", "bnVsbA", "WyJcdWQ4MDAiLCAiYSJd", "WyJcdTAwMDAiLCAiYSJd"]
)
async def test_a_cursor_that_no_list_gave_out_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        await members.list_members(somebody(), cursor=cursor)


async def test_only_admins_change_who_belongs(installation: Installation) -> None:
    here, ada = await installation.workspace(), await installation.person()
    with pytest.raises(Forbidden):
        await members.set_roles(acting_as(ada, here, Role.OPERATOR), ada, frozenset({Role.ADMIN}))
    with pytest.raises(NotFound):
        await members.set_roles(acting_as(ada, here, Role.ADMIN), "nobody", frozenset({Role.ADMIN}))


async def test_each_role_that_is_given_or_taken_is_in_the_audit_log(installation: Installation) -> None:
    here, boss, ada = await installation.workspace(), await installation.person(), await installation.person()
    await installation.give(here, ada, Role.VIEWER)
    await members.set_roles(acting_as(boss, here, Role.ADMIN), ada, frozenset({Role.DESIGNER}))
    query = select(AuditRow).where(col(AuditRow.workspace_id) == here).order_by(col(AuditRow.seq))
    async with installation.resources.transaction() as session:
        rows = (await session.execute(query)).scalars().all()
    assert [(row.action, row.target, row.detail) for row in rows] == [
        ("role-given", f"user:{ada}", {"role": "designer"}),
        ("role-taken", f"user:{ada}", {"role": "viewer"}),
    ]


async def test_candidates_are_people_and_groups_of_the_whole_installation(installation: Installation) -> None:
    mark = "candidate" + (await installation.workspace())[-8:]
    ada, finance = await installation.person(f"Ada {mark}"), await installation.group(f"{mark}s")
    await installation.person(f"Gone {mark}", disabled_at=now())
    found = await members.find_candidates(acting_as("boss", "anywhere", Role.ADMIN), search=mark.upper())
    assert {candidate.id for candidate in found} == {ada, finance}
