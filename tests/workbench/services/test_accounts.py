"""Signing in and out: who gets in, who does not, and that nobody learns why."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from workbench.auth import passwords
from workbench.db.ids import new_id, now
from workbench.db.tables import AuditRow, UserRow
from workbench.errors import Conflict, TooMany, Unauthenticated
from workbench.services import accounts, identity, rate_limits, sessions
from workbench.services.accounts import Visit
from workbench.services.identity import Credentials
from workbench.services.resources import Resources

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def team(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources.settings, "mode", "team")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that do not end during a test, however slow the machine is."""
    monkeypatch.setattr(rate_limits, "FIRST", timedelta(minutes=5))


@pytest.fixture
def visit() -> Visit:
    """Somebody at an address of their own, so that tests do not count against each other."""
    return Visit(address=f"test-{uuid4().hex}", browser="Firefox")


@pytest.fixture
async def user(resources: Resources) -> UserRow:
    return await make_user(resources, password=PASSWORD)


async def make_user(resources: Resources, *, password: str | None, **columns: object) -> UserRow:
    kept = await passwords.hashed(password) if password else None
    values = {"id": new_id(), "email": f"{uuid4().hex}@example.org", "name": "Ada", "created_at": now()}
    row = UserRow(**{**values, "password_hash": kept, **columns})
    async with resources.transaction() as session:
        session.add(row)
    return row


async def caller(token: str) -> str:
    return (await identity.authenticate(Credentials(cookie=token))).principal.id


async def entries(resources: Resources, visit: Visit) -> list[AuditRow]:
    query = select(AuditRow).where(col(AuditRow.address) == visit.address).order_by(col(AuditRow.seq))
    async with resources.transaction() as session:
        return list((await session.execute(query)).scalars())


async def test_the_right_password_begins_a_session(user: UserRow, visit: Visit) -> None:
    token = await accounts.sign_in(email=user.email.upper(), password=PASSWORD, visit=visit)
    assert await caller(token) == user.id


async def test_the_session_that_was_there_before_ends(user: UserRow, visit: Visit) -> None:
    first = await accounts.sign_in(email=user.email, password=PASSWORD, visit=visit)
    again = Visit(address=visit.address, cookie=first)
    await accounts.sign_in(email=user.email, password=PASSWORD, visit=again)
    with pytest.raises(Unauthenticated):
        await caller(first)


@pytest.mark.parametrize("who", ["wrong", "unknown", "disabled", "passwordless"])
async def test_everybody_else_gets_one_answer_and_one_entry(
    resources: Resources, visit: Visit, who: str
) -> None:
    columns = {"disabled_at": now()} if who == "disabled" else {}
    user = await make_user(resources, password=None if who == "passwordless" else PASSWORD, **columns)
    email = "nobody@example.org" if who == "unknown" else user.email
    with pytest.raises(Unauthenticated, match=accounts.NOT_RIGHT):
        await accounts.sign_in(email=email, password="x" if who == "wrong" else PASSWORD, visit=visit)
    (entry,) = await entries(resources, visit)
    assert (entry.action, entry.outcome, entry.actor_id) == ("sign-in", "refused", None)


async def test_the_work_is_the_same_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[bytes] = []
    verify = passwords.argon2id.verify
    monkeypatch.setattr(passwords.argon2id, "verify", lambda *given: done.append(given[1]) or verify(*given))
    assert not await passwords.fits(PASSWORD, None)
    assert done == [PASSWORD.encode()]


@pytest.mark.usefixtures("slow")
async def test_after_some_tries_the_right_password_waits_too(
    user: UserRow, visit: Visit, resources: Resources
) -> None:
    tries = (accounts.sign_in(email=user.email, password="wrong", visit=visit) for _ in range(20))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, Unauthenticated) for outcome in outcomes) == 6
    with pytest.raises(TooMany):
        await accounts.sign_in(email=user.email, password=PASSWORD, visit=visit)
    told = [entry.detail for entry in await entries(resources, visit)]
    assert told.count({"reason": "too many tries"}) == 1


async def test_signing_in_takes_the_tries_back(user: UserRow, visit: Visit) -> None:
    for password in ("wrong", "wrong", "wrong", PASSWORD) * 3:
        outcome = accounts.sign_in(email=user.email, password=password, visit=visit)
        if password == PASSWORD:
            await outcome
        else:
            with pytest.raises(Unauthenticated):
                await outcome


async def test_signing_out_ends_the_session_once(user: UserRow, visit: Visit, resources: Resources) -> None:
    token = await accounts.sign_in(email=user.email, password=PASSWORD, visit=visit)
    leaving = Visit(address=visit.address, cookie=token)
    assert await accounts.sign_out(leaving) is not None
    assert await accounts.sign_out(leaving) is None
    assert [entry.action for entry in await entries(resources, visit)] == ["sign-in", "sign-out"]


async def test_a_call_under_way_does_not_revive_a_session(user: UserRow, visit: Visit) -> None:
    token = await accounts.sign_in(email=user.email, password=PASSWORD, visit=visit)
    session = await sessions.read(token)
    assert session
    await accounts.sign_out(Visit(cookie=token))
    await sessions.keep(session.model_copy(update={"workspace": "default"}))
    assert await sessions.read(token) is None
    assert await sessions.of_user(user.id) == []


async def test_nobody_signs_in_where_there_is_one_user(
    resources: Resources, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources.settings, "mode", "single")
    with pytest.raises(Conflict):
        await accounts.sign_in(email="a@b.example", password=PASSWORD, visit=visit)
