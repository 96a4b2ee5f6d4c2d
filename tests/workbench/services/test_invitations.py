"""Links that are sent to somebody: good once, not for long, and for what they were made for alone."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col

from tests.people import somebody
from tests.workbench.services.test_accounts import PASSWORD, make_user
from workbench.auth.principal import Principal
from workbench.auth.roles import GRANTS, Role
from workbench.db.ids import now
from workbench.db.tables import InvitationRow, UserRow, WorkspaceRow
from workbench.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from workbench.services import acceptances, accounts, identity, invitations, sessions
from workbench.services.accounts import Visit
from workbench.services.identity import Credentials
from workbench.services.invitations import Link
from workbench.services.resources import Resources

NEW = "another horse battery"


@pytest.fixture(autouse=True)
async def team(resources: Resources, principal: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team, and the principal's workspace in it."""
    monkeypatch.setattr(resources.settings, "mode", "team")
    async with resources.transaction() as session:
        session.add(WorkspaceRow(id=principal.workspace, name="Lab", created_at=now()))


@pytest.fixture
def visit() -> Visit:
    return Visit(address=f"test-{uuid4().hex}")


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.org"


def token_of(link: Link) -> str:
    return link.url.partition("#token=")[2]


async def age(resources: Resources, link: Link, by: timedelta) -> None:
    row = update(InvitationRow).where(col(InvitationRow.id) == link.id)
    async with resources.transaction() as session:
        await session.execute(row.values(expires_at=link.expires_at - by))


async def join(link: Link, visit: Visit) -> str:
    return await acceptances.join(token_of(link), name="Bob", password=NEW, visit=visit)


async def test_who_was_invited_joins_with_the_roles_that_were_given(
    principal: Principal, visit: Visit, email: str
) -> None:
    link = await invitations.invite(principal, email=email, roles=[Role.REVIEWER])
    offer = await acceptances.read(token_of(link), visit)
    assert (offer.kind, offer.email, offer.workspace) == ("invite", email, "Lab")
    bob = (await identity.authenticate(Credentials(cookie=await join(link, visit)))).principal
    assert (bob.name, bob.workspace, bob.administrator) == ("Bob", principal.workspace, False)
    assert bob.actions == GRANTS[Role.REVIEWER]


async def test_a_link_is_good_once_also_for_two_at_once(
    principal: Principal, visit: Visit, email: str
) -> None:
    link = await invitations.invite(principal, email=email, roles=[Role.VIEWER])
    outcomes = await asyncio.gather(join(link, visit), join(link, visit), return_exceptions=True)
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    with pytest.raises(NotFound):
        await join(link, visit)
    assert await invitations.list_invitations(principal) == ()


async def test_a_link_is_good_for_seven_days(
    principal: Principal, visit: Visit, email: str, resources: Resources
) -> None:
    link = await invitations.invite(principal, email=email, roles=[Role.VIEWER])
    await age(resources, link, timedelta(days=7))
    for late in (acceptances.read(token_of(link), visit), join(link, visit)):
        with pytest.raises(NotFound):
            await late


async def test_a_withdrawn_invitation_is_good_for_nothing(
    principal: Principal, visit: Visit, email: str
) -> None:
    link = await invitations.invite(principal, email=email, roles=[Role.VIEWER])
    with pytest.raises(NotFound):
        await invitations.withdraw(somebody("Eve"), link.id)
    await invitations.withdraw(principal, link.id)
    with pytest.raises(NotFound):
        await join(link, visit)


async def test_only_its_hash_is_kept(principal: Principal, email: str, resources: Resources) -> None:
    link = await invitations.invite(principal, email=email, roles=[Role.VIEWER])
    async with resources.transaction() as session:
        assert token_of(link) not in str(await session.get_one(InvitationRow, link.id))


async def test_who_has_an_account_is_not_invited_and_takes_no_other(
    principal: Principal, visit: Visit, email: str, resources: Resources
) -> None:
    link = await invitations.invite(principal, email=email, roles=[Role.VIEWER])
    user = await make_user(resources, password=PASSWORD, email=email.upper())
    with pytest.raises(Conflict):
        await invitations.invite(principal, email=email, roles=[Role.VIEWER])
    with pytest.raises(Conflict):
        await join(link, visit)
    async with resources.transaction() as session:
        assert (await session.get_one(UserRow, user.id)).name == user.name


async def test_a_weak_password_leaves_the_link_good(principal: Principal, visit: Visit, email: str) -> None:
    link = await invitations.invite(principal, email=email, roles=[Role.VIEWER])
    with pytest.raises(Invalid):
        await acceptances.join(token_of(link), name="Bob", password="short", visit=visit)
    assert await join(link, visit)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DESIGNER, Role.OPERATOR])
async def test_only_admins_invite(principal: Principal, email: str, role: Role) -> None:
    member = somebody(workspace=principal.workspace, actions=GRANTS[role])
    with pytest.raises(Forbidden):
        await invitations.invite(member, email=email, roles=[Role.ADMIN])


async def test_a_reset_ends_every_session_and_the_old_password(
    principal: Principal, visit: Visit, resources: Resources
) -> None:
    user = await make_user(resources, password=PASSWORD)
    cookie = await accounts.sign_in(email=user.email, password=PASSWORD, visit=visit)
    link = await invitations.reset_password(principal, user.id)
    assert await sessions.read(cookie), "the link alone changes nothing"
    await acceptances.set_password(token_of(link), password=NEW, visit=visit)
    assert await sessions.read(cookie) is None
    with pytest.raises(Unauthenticated):
        await accounts.sign_in(email=user.email, password=PASSWORD, visit=visit)
    assert await accounts.sign_in(email=user.email, password=NEW, visit=visit)
    with pytest.raises(NotFound):
        await acceptances.set_password(token_of(link), password=PASSWORD, visit=visit)


async def test_a_newer_reset_link_takes_the_older_ones_place(
    principal: Principal, visit: Visit, resources: Resources
) -> None:
    user = await make_user(resources, password=PASSWORD)
    older, newer = [await invitations.reset_password(principal, user.id) for _ in range(2)]
    with pytest.raises(NotFound):
        await acceptances.set_password(token_of(older), password=NEW, visit=visit)
    await acceptances.set_password(token_of(newer), password=NEW, visit=visit)


async def test_a_link_is_good_for_what_it_was_made_for_alone(
    principal: Principal, visit: Visit, email: str, resources: Resources
) -> None:
    invited = await invitations.invite(principal, email=email, roles=[Role.ADMIN])
    reset = await invitations.reset_password(principal, (await make_user(resources, password=None)).id)
    with pytest.raises(NotFound):
        await acceptances.set_password(token_of(invited), password=NEW, visit=visit)
    with pytest.raises(NotFound):
        await join(reset, visit)


async def test_who_is_disabled_gets_no_link_and_uses_none(
    principal: Principal, visit: Visit, resources: Resources
) -> None:
    user = await make_user(resources, password=PASSWORD)
    link = await invitations.reset_password(principal, user.id)
    async with resources.transaction() as session:
        (await session.get_one(UserRow, user.id)).disabled_at = now()
    with pytest.raises(NotFound):
        await acceptances.set_password(token_of(link), password=NEW, visit=visit)
    with pytest.raises(NotFound):
        await invitations.reset_password(principal, user.id)


async def test_only_administrators_reset(principal: Principal, resources: Resources) -> None:
    admin = somebody(workspace=principal.workspace, actions=GRANTS[Role.ADMIN])
    with pytest.raises(Forbidden):
        await invitations.reset_password(admin, (await make_user(resources, password=None)).id)


async def test_a_link_ends_with_the_account_of_whoever_made_it(
    principal: Principal, visit: Visit, email: str, resources: Resources
) -> None:
    maker = await make_user(resources, password=None)
    link = await invitations.invite(replace(principal, id=maker.id), email=email, roles=[Role.ADMIN])
    async with resources.transaction() as session:
        (await session.get_one(UserRow, maker.id)).disabled_at = now()
    with pytest.raises(NotFound):
        await join(link, visit)
