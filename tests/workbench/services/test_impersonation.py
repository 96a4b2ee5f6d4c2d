"""Acting as another person: who may, as whom, what is out of reach, what is recorded, and how it ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.graph import Document
from tests.workbench.accounts import Installation
from workbench.auth.roles import INSTALLATION, Action, Role
from workbench.db.ids import now
from workbench.db.tables import AuditRow
from workbench.errors import Conflict, Forbidden, Unauthenticated
from workbench.services import (
    accounts,
    api_keys,
    identity,
    impersonation,
    my_sessions,
    sessions,
    users,
    workflows,
)
from workbench.services.accounts import Visit
from workbench.services.api_keys import Wanted
from workbench.services.identity import Caller
from workbench.services.resources import Resources
from workbench.services.users import UserChange

pytestmark = pytest.mark.usefixtures("team")


@pytest.fixture
async def root(installation: Installation) -> Caller:
    """An administrator who has signed in."""
    await installation.person("Second root", administrator=True)
    return await installation.caller(await installation.person("Root", administrator=True))


@pytest.fixture
async def ada(installation: Installation) -> str:
    """The id of an admin of a workspace."""
    person = await installation.person("Ada")
    await installation.give(await installation.workspace(), person, Role.ADMIN)
    return person


async def act_as(installation: Installation, root: Caller, person: str) -> Caller:
    return await installation.again(await impersonation.begin(root.principal, person, present=root.session))


async def test_an_administrator_acts_as_somebody_without_what_is_the_installations(
    installation: Installation, root: Caller, ada: str
) -> None:
    acting = await act_as(installation, root, ada)
    assert (acting.principal.id, acting.principal.impersonator) == (ada, root.principal.id)
    assert not acting.principal.actions & (INSTALLATION | {Action.SELF_SECURE, Action.SERVICE_KEYS_WRITE})
    assert acting.principal.may(Action.MEMBERS_WRITE)


async def test_keys_and_sessions_of_the_person_are_out_of_reach(
    installation: Installation, root: Caller, ada: str
) -> None:
    acting = (await act_as(installation, root, ada)).principal
    for refused in (
        api_keys.make_key(acting, Wanted("CI", frozenset({Action.RUNS_READ}))),
        api_keys.make_service_key(acting, Wanted("CI", frozenset({Action.RUNS_READ}))),
        my_sessions.list_sessions(acting),
        my_sessions.end_others(acting),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_nobody_acts_as_an_administrator_or_somebody_disabled(
    installation: Installation, root: Caller
) -> None:
    for person in (
        await installation.person("Other", administrator=True),
        await installation.person("Gone", disabled_at=now()),
        root.principal.id,
    ):
        with pytest.raises(Conflict):
            await impersonation.begin(root.principal, person, present=root.session)


async def test_an_admin_of_a_workspace_may_not(installation: Installation, ada: str) -> None:
    caller = await installation.caller(ada)
    with pytest.raises(Forbidden):
        await impersonation.begin(caller.principal, await installation.person("Bob"), present=caller.session)


async def test_what_is_done_is_in_the_audit_log_with_both_names(
    installation: Installation, root: Caller, ada: str, resources: Resources
) -> None:
    acting = await act_as(installation, root, ada)
    await workflows.create_workflow(acting.principal, document=Document(name="Hers"))
    await impersonation.end(acting.principal, present=acting.session)
    query = (
        select(AuditRow).where(col(AuditRow.impersonator) == root.principal.id).order_by(col(AuditRow.seq))
    )
    async with resources.transaction() as session:
        entries = (await session.execute(query)).scalars().all()
    said = [(entry.action, entry.actor_name, (entry.detail or {})["really"]) for entry in entries]
    assert ("impersonated:workflows:write", "Ada", "Root") in said
    assert ("impersonation:end", "Ada", "Root") in said


async def test_it_ends_where_it_began(installation: Installation, root: Caller, ada: str) -> None:
    acting = await act_as(installation, root, ada)
    token = await impersonation.end(acting.principal, present=acting.session)
    assert token
    back = await installation.again(token)
    assert (back.principal.id, back.principal.impersonator) == (root.principal.id, None)
    assert await sessions.of_user(ada) == ()


async def test_it_ends_with_the_administrators_own_session(
    installation: Installation, root: Caller, ada: str
) -> None:
    token = await impersonation.begin(root.principal, ada, present=root.session)
    await sessions.end_all(root.principal.id)
    with pytest.raises(Unauthenticated):
        await installation.again(token)


async def test_it_ends_when_the_administrator_is_none_any_more(
    installation: Installation, root: Caller, ada: str
) -> None:
    token = await impersonation.begin(root.principal, ada, present=root.session)
    other = await installation.caller(await installation.person("Third", administrator=True))
    await users.change_user(other.principal, root.principal.id, UserChange(administrator=False))
    with pytest.raises(Unauthenticated):
        await installation.again(token)


async def test_it_ends_when_the_person_becomes_an_administrator(
    installation: Installation, root: Caller, ada: str
) -> None:
    token = await impersonation.begin(root.principal, ada, present=root.session)
    await users.change_user(root.principal, ada, UserChange(administrator=True))
    with pytest.raises(Unauthenticated):
        await installation.again(token)


async def test_it_lasts_an_hour_at_most(installation: Installation, root: Caller, ada: str) -> None:
    acting = await act_as(installation, root, ada)
    assert acting.session
    assert acting.session.ends_at - acting.session.began_at == timedelta(hours=1)
    late = acting.session.model_copy(update={"began_at": now() - timedelta(minutes=61)})
    assert sessions.parse(late.model_dump_json()) is None


async def test_signing_out_ends_the_administrators_session_too(
    installation: Installation, root: Caller, ada: str
) -> None:
    token = await impersonation.begin(root.principal, ada, present=root.session)
    await accounts.sign_out(Visit(cookie=token))
    assert await sessions.of_user(root.principal.id) == ()


async def test_the_person_sees_it_and_can_end_it(installation: Installation, root: Caller, ada: str) -> None:
    token = await impersonation.begin(root.principal, ada, present=root.session)
    herself = await installation.caller(ada)
    listed = await my_sessions.list_sessions(
        herself.principal, present=herself.session and herself.session.id
    )
    assert {(one.impersonated, one.present) for one in listed} == {(True, False), (False, True)}
    [theirs] = [one for one in listed if one.impersonated]
    await my_sessions.end_session(herself.principal, theirs.id)
    with pytest.raises(Unauthenticated):
        await installation.again(token)


async def test_ending_all_others_leaves_this_one(installation: Installation, ada: str) -> None:
    here, there = await sessions.begin(ada), await sessions.begin(ada)
    caller = await installation.again(here)
    assert await my_sessions.end_others(caller.principal, present=sessions.digest(here)) == 1
    assert await identity.authenticate(caller.credentials)
    with pytest.raises(Unauthenticated):
        await installation.again(there)
