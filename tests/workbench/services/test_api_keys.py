"""API keys: what they let programs do, and what not; how long, and for whom."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from tests.people import member, signed_in
from workbench.auth import keys
from workbench.auth.principal import Principal
from workbench.auth.roles import GRANTS, INSTALLATION, Action, Role
from workbench.db.ids import new_id, now
from workbench.db.tables import ApiKeyRow, AuditRow, MembershipRow, UserRow
from workbench.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from workbench.services import api_keys, identity, key_callers, workspaces
from workbench.services.api_keys import MadeKey, Wanted
from workbench.services.identity import Caller, Credentials
from workbench.services.oidc import bearer
from workbench.services.resources import Resources

READ = frozenset({Action.WORKFLOWS_READ, Action.RUNS_READ})


@pytest.fixture(autouse=True)
def team(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources.settings, "mode", "team")


@pytest.fixture
def home() -> str:
    """The id of a workspace."""
    return new_id()


@pytest.fixture
async def user(resources: Resources, home: str) -> UserRow:
    return await member(resources, {home: Role.OPERATOR})


@pytest.fixture
async def ada(user: UserRow) -> Principal:
    return await signed_in(user)


async def call(key: MadeKey | str, *, workspace: str | None = None, address: str = "192.0.2.1") -> Caller:
    text = key if isinstance(key, str) else key.key
    return await identity.authenticate(
        Credentials(authorization=f"Bearer {text}", workspace=workspace, address=address)
    )


async def test_a_key_acts_for_its_person_and_may_what_both_may(ada: Principal, home: str) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    principal = (await call(made)).principal
    assert (principal.id, principal.workspace, principal.actions) == (ada.id, home, READ)


async def test_a_person_who_may_less_takes_it_from_their_keys_too(
    ada: Principal, home: str, resources: Resources
) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", frozenset({Action.RUNS_START, Action.RUNS_READ})))
    await call(made)
    async with resources.transaction() as session:
        row = await session.get_one(MembershipRow, (home, ada.id, Role.OPERATOR, "local"))
        row.role = Role.VIEWER
    await identity.access_changed()
    assert (await call(made)).principal.actions == {Action.RUNS_READ}


async def test_only_a_hash_is_stored_and_a_scanner_finds_the_rest(
    ada: Principal, resources: Resources
) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    async with resources.transaction() as session:
        stored = (await session.execute(text("SELECT * FROM api_keys WHERE id = :id"), {"id": made.id})).one()
        logged = (await session.execute(select(col(AuditRow.detail)))).scalars().all()
    secret = made.key.removeprefix(made.shown)
    assert keys.is_key(made.key)
    assert secret not in f"{stored} {logged}"
    assert stored.key_hash == keys.digest(made.key)


async def test_a_revoked_key_is_refused_at_once_where_it_was_known(ada: Principal) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    await call(made)
    before = await identity.epoch()
    known = key_callers._known.get(keys.digest(made.key), before)
    assert known
    await api_keys.revoke_key(ada, made.id)
    key_callers._known.put(keys.digest(made.key), before, known)  # as in a process that has not heard of it
    with pytest.raises(Unauthenticated):
        await call(made)
    assert (await api_keys.list_keys(ada)).items == ()


async def test_a_warm_call_asks_no_database(
    ada: Principal, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    await call(made)
    await key_callers.settled()
    monkeypatch.setattr(resources, "read", None)
    monkeypatch.setattr(resources, "transaction", None)
    assert (await call(made)).principal.id == ada.id


async def test_the_last_use_is_noted_beside_the_request(ada: Principal) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    assert made.last_used_at is None
    await asyncio.gather(call(made), call(made))
    await key_callers.settled()
    used = (await api_keys.get_key(ada, made.id)).last_used_at
    assert used
    assert now() - used < timedelta(minutes=1)


async def test_an_expired_key_is_refused_also_where_it_was_known(
    ada: Principal, resources: Resources
) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ, expires_at=now() + timedelta(hours=1)))
    await call(made)
    hash_, epoch = keys.digest(made.key), await identity.epoch()
    known = key_callers._known.get(hash_, epoch)
    assert known
    key_callers._known.put(hash_, epoch, replace(known, expires_at=now()))
    with pytest.raises(Unauthenticated, match="expired"):
        await call(made)


async def test_a_key_that_would_have_expired_is_not_made(ada: Principal) -> None:
    with pytest.raises(Invalid, match="expired"):
        await api_keys.make_key(ada, Wanted("CI", READ, expires_at=now() - timedelta(seconds=1)))


@pytest.mark.parametrize("action", [Action.SELF_SECURE, Action.SERVICE_KEYS_WRITE, Action.MEMBERS_WRITE])
async def test_a_key_is_given_nothing_that_its_person_may_not_give(ada: Principal, action: Action) -> None:
    with pytest.raises(Invalid, match=action):
        await api_keys.make_key(ada, Wanted("CI", READ | {action}))


async def test_a_key_for_a_workspace_that_is_not_ones_own_is_not_made(ada: Principal) -> None:
    with pytest.raises(Invalid, match="no workspace"):
        await api_keys.make_key(ada, Wanted("CI", READ, workspaces=(new_id(),)))


async def test_a_key_of_two_workspaces_wants_to_be_told_which(resources: Resources) -> None:
    first, second = new_id(), new_id()
    user = await member(resources, {first: Role.VIEWER, second: Role.OPERATOR})
    made = await api_keys.make_key(await signed_in(user), Wanted("CI", READ, workspaces=(first, second)))
    with pytest.raises(Invalid, match="Workbench-Workspace"):
        await call(made)
    with pytest.raises(Invalid):
        await call(made, workspace=new_id())
    principal = (await call(made, workspace=second)).principal
    assert (principal.workspace, principal.workspaces.keys()) == (second, {first, second})


async def test_a_key_says_the_names_of_its_own_workspaces_only(resources: Resources) -> None:
    first, second = new_id(), new_id()
    user = await member(resources, {first: Role.VIEWER, second: Role.OPERATOR})
    made = await api_keys.make_key(
        await signed_in(user), Wanted("CI", READ | {Action.SELF}, workspaces=(second,))
    )
    principal = (await call(made)).principal
    listed = await workspaces.list_workspaces(principal)
    assert (
        [(one.id, one.name) for one in listed.items] == [*principal.workspaces.items()] == [(second, "Lab")]
    )


async def test_a_key_does_nothing_where_its_person_is_no_member_any_more(
    ada: Principal, resources: Resources
) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    async with resources.transaction() as session:
        await session.execute(text("DELETE FROM memberships WHERE subject_id = :id"), {"id": ada.id})
    await identity.access_changed()
    with pytest.raises(Forbidden):
        await call(made)


async def test_a_disabled_persons_key_is_refused(ada: Principal, resources: Resources) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    async with resources.transaction() as session:
        (await session.get_one(UserRow, ada.id)).disabled_at = now()
    await identity.access_changed()
    with pytest.raises(Unauthenticated):
        await call(made)


async def test_a_programs_key_goes_on_when_its_maker_has_left(ada: Principal, resources: Resources) -> None:
    made = await api_keys.make_service_key(ada, Wanted("Loader", READ))
    async with resources.transaction() as session:
        (await session.get_one(UserRow, ada.id)).disabled_at = now()
    await identity.access_changed()
    principal = (await call(made)).principal
    assert (principal.id, principal.kind, principal.actions) == (f"key:{made.id}", "service", READ)


@pytest.mark.parametrize("action", [*sorted(INSTALLATION), Action.SELF, Action.MEMBERS_WRITE])
async def test_a_programs_key_is_given_no_more_than_its_maker_may(ada: Principal, action: Action) -> None:
    with pytest.raises(Invalid, match=action):
        await api_keys.make_service_key(ada, Wanted("Loader", READ | {action}))


async def test_not_even_an_administrators_program_reaches_beyond_its_workspace(resources: Resources) -> None:
    user = await member(resources, {new_id(): Role.ADMIN}, administrator=True)
    root = await signed_in(user)
    with pytest.raises(Invalid, match="users:manage"):
        await api_keys.make_service_key(root, Wanted("Loader", frozenset({Action.USERS_MANAGE})))
    with pytest.raises(Invalid, match="workspace it is made in"):
        await api_keys.make_service_key(root, Wanted("Loader", READ, workspaces=(new_id(),)))


async def test_who_may_not_make_keys_for_programs_sees_none_either(
    ada: Principal, home: str, resources: Resources
) -> None:
    made = await api_keys.make_service_key(ada, Wanted("Loader", READ))
    viewer = await signed_in(await member(resources, {home: Role.VIEWER}))
    for refused in (api_keys.get_key(viewer, made.id), api_keys.revoke_key(viewer, made.id)):
        with pytest.raises(NotFound):
            await refused
    with pytest.raises(Forbidden):
        await api_keys.list_service_keys(viewer)


async def test_anothers_key_is_not_there(ada: Principal, home: str, resources: Resources) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    other = await signed_in(await member(resources, {home: Role.ADMIN}))
    elsewhere = await signed_in(await member(resources, {new_id(): Role.ADMIN}))
    program = await api_keys.make_service_key(ada, Wanted("Loader", READ))
    for stranger, key in ((other, made), (elsewhere, made), (elsewhere, program)):
        with pytest.raises(NotFound):
            await api_keys.revoke_key(stranger, key.id)
    assert (await call(made)).principal.id == ada.id


async def test_a_key_makes_and_revokes_no_keys(ada: Principal) -> None:
    every = GRANTS[Role.OPERATOR] & keys.PERSONAL
    made = await api_keys.make_key(ada, Wanted("CI", every))
    by_key = (await call(made)).principal
    for refused in (
        api_keys.make_key(by_key, Wanted("More", READ)),
        api_keys.make_service_key(by_key, Wanted("More", READ)),
        api_keys.revoke_key(by_key, made.id),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_wrong_keys_are_refused_alike_and_then_too_many(ada: Principal, resources: Resources) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    await call(made)
    address = f"test-{new_id()}"
    for _ in range(key_callers.UNKNOWN.free):
        with pytest.raises(Unauthenticated):
            await call(keys.make().text, address=address)
    with pytest.raises(Unauthenticated):  # the one from which on there is a pause
        await call(keys.make().text, address=address)
    with pytest.raises(TooMany):
        await call(keys.make().text, address=address)
    assert (await call(made, address=address)).principal.id == ada.id
    query = select(func.count()).select_from(AuditRow).where(col(AuditRow.address) == address)
    async with resources.transaction() as session:
        assert (await session.execute(query)).scalar_one() == key_callers.UNKNOWN.free + 2


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer null", "Basic YTpi", "Bearer wb_12345678_x", "\0"])
async def test_what_is_no_key_is_refused(resources: Resources, sent: str) -> None:
    with pytest.raises(Unauthenticated):
        await identity.authenticate(Credentials(authorization=sent))


async def test_tokens_that_are_not_good_are_counted_and_in_the_audit_log(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"test-{new_id()}"
    monkeypatch.setattr(bearer, "BAD", replace(bearer.BAD, free=2))
    sent = Credentials(authorization="Bearer a.b.c", address=address)
    for refusal in (Unauthenticated, Unauthenticated, Unauthenticated, TooMany, TooMany):
        with pytest.raises(refusal):
            await identity.authenticate(sent)
    query = select(AuditRow.action, AuditRow.outcome).where(col(AuditRow.address) == address)
    async with resources.transaction() as session:
        entries = (await session.execute(query)).all()
    assert [tuple(entry) for entry in entries] == [("tokens:use", "refused")] * 4


async def test_making_and_revoking_is_in_the_audit_log(ada: Principal, resources: Resources) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    await api_keys.revoke_key(ada, made.id)
    query = select(AuditRow).where(col(AuditRow.target) == f"api-key:{made.id}").order_by(col(AuditRow.seq))
    async with resources.transaction() as session:
        entries = (await session.execute(query)).scalars().all()
    assert [entry.action for entry in entries] == ["api-keys:make", "api-keys:revoke"]


async def test_where_nobody_signs_in_there_are_no_keys(
    ada: Principal, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources.settings, "mode", "single")
    with pytest.raises(Conflict):
        await api_keys.make_key(ada, Wanted("CI", READ))


async def test_stored_actions_that_no_longer_are_there_give_nothing(
    ada: Principal, resources: Resources
) -> None:
    made = await api_keys.make_key(ada, Wanted("CI", READ))
    async with resources.transaction() as session:
        (await session.get_one(ApiKeyRow, made.id)).actions = ["runs:read", "runs:conjure"]
    assert (await call(made)).principal.actions == {Action.RUNS_READ}
