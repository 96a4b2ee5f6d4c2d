"""The first administrator: made once, by whoever has the token of the last start."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import make_url, select, text
from sqlmodel import col

from workbench.auth.principal import DEFAULT_WORKSPACE
from workbench.db.migrate import upgrade
from workbench.db.session import create_engine
from workbench.db.tables import AuditRow, UserRow, WorkspaceRow
from workbench.errors import Conflict, Invalid, TooMany
from workbench.services import identity, rate_limits, set_up
from workbench.services import resources as process
from workbench.services.accounts import Visit
from workbench.services.identity import Credentials
from workbench.services.newcomers import Newcomer
from workbench.services.resources import Resources

ADA = Newcomer("ada@example.org", "Ada", "correct horse battery")


@pytest.fixture
async def fresh(resources: Resources) -> AsyncIterator[Resources]:
    """A team's workbench in which there is nobody: the same services, with a database of its own."""
    name = f"fresh_{uuid4().hex}"
    server = create_engine(resources.database_url).execution_options(isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(resources.database_url).set(database=name).render_as_string(hide_password=False)
    upgrade(url)
    fresh = process.configure(resources.settings.model_copy(update={"database_url": url, "mode": "team"}))
    yield fresh
    await fresh.close()
    process._current = resources
    async with server.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await server.dispose()


async def make_first(token: str, newcomer: Newcomer = ADA, *, workspace: str = "Lab") -> str:
    visit = Visit(address=f"test-{uuid4().hex}")
    return await set_up.set_up(token=token, newcomer=newcomer, workspace=workspace, visit=visit)


async def offered() -> str:
    token = await set_up.offer()
    assert token
    return token


async def test_the_first_is_an_administrator_and_admin_of_the_workspace_that_is_there(
    fresh: Resources,
) -> None:
    cookie = await make_first(await offered())
    principal = (await identity.authenticate(Credentials(cookie=cookie))).principal
    assert (principal.name, principal.administrator, principal.workspace) == ("Ada", True, DEFAULT_WORKSPACE)
    async with fresh.transaction() as session:
        assert (await session.get_one(WorkspaceRow, DEFAULT_WORKSPACE)).name == "Lab"
        actions = (await session.execute(select(col(AuditRow.action)).order_by(col(AuditRow.seq)))).scalars()
        assert list(actions) == ["set-up", "sign-in"]


async def test_a_token_is_good_once_and_then_there_is_no_other(fresh: Resources) -> None:
    token = await offered()
    await make_first(token)
    assert not await set_up.needed()
    assert await set_up.offer() is None
    with pytest.raises(Invalid):
        await make_first(token)


async def test_each_start_takes_the_token_of_the_one_before(fresh: Resources) -> None:
    earlier, present = await offered(), await offered()
    with pytest.raises(Invalid):
        await make_first(earlier)
    assert await make_first(present)


async def test_only_its_hash_is_kept_and_not_for_long(fresh: Resources) -> None:
    token = await offered()
    assert token not in str(await fresh.redis.get("set-up:token"))
    assert 0 < await fresh.redis.ttl("set-up:token") <= set_up.KEPT.total_seconds()


async def test_of_two_at_once_one_is_the_first(fresh: Resources) -> None:
    token = await offered()
    both = [Newcomer(f"{name}@example.org", name, "correct horse battery") for name in ("Ada", "Eve")]
    outcomes = await asyncio.gather(
        *(make_first(token, newcomer) for newcomer in both), return_exceptions=True
    )
    assert sum(isinstance(outcome, (Conflict, Invalid)) for outcome in outcomes) == 1
    async with fresh.transaction() as session:
        assert len(list((await session.execute(select(UserRow))).scalars())) == 1


async def test_all_that_is_wrong_is_said_at_once_and_the_token_stays_good(fresh: Resources) -> None:
    token = await offered()
    with pytest.raises(Invalid) as refused:
        await make_first(token, Newcomer("ada", " ", "short"), workspace="")
    assert [problem.field for problem in refused.value.problems] == ["email", "name", "password", "workspace"]
    assert await make_first(token)


@pytest.mark.parametrize("token", ["", "guess", "\ud800"])
async def test_a_guessed_token_is_refused(fresh: Resources, token: str) -> None:
    await offered()
    with pytest.raises(Invalid, match="not the present one"):
        await make_first(token)


async def test_without_an_offer_no_token_is_right(fresh: Resources) -> None:
    await fresh.redis.delete("set-up:token")
    with pytest.raises(Invalid):
        await make_first("")


async def test_guesses_get_pauses(fresh: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "FIRST", timedelta(minutes=5))
    await offered()
    visit = Visit(address=f"test-{uuid4().hex}")
    count = rate_limits.TOKEN.free + 10
    tries = (set_up.set_up(token="x", newcomer=ADA, workspace="Lab", visit=visit) for _ in range(count))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, TooMany) for outcome in outcomes) == 9
