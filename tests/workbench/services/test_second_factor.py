"""The second factor and one's own password."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.people import somebody
from tests.workbench.services.test_accounts import PASSWORD, make_user
from workbench.auth import totp
from workbench.auth.principal import Principal
from workbench.auth.roles import GRANTS, INSTALLATION, ONESELF, Role
from workbench.db.tables import UserRow
from workbench.errors import CodeNeeded, Conflict, Forbidden, Invalid, TooMany, Unauthenticated
from workbench.services import accounts, my_accounts, rate_limits, second_factor, sessions
from workbench.services.accounts import Visit
from workbench.services.resources import Resources

NEW = "another horse battery"

Code = Callable[[int], str]


@pytest.fixture(autouse=True)
def team(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources.settings, "mode", "team")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that do not end during a test, however slow the machine is."""
    monkeypatch.setattr(rate_limits, "FIRST", timedelta(minutes=5))


@pytest.fixture
def visit() -> Visit:
    return Visit(address=f"test-{uuid4().hex}")


@pytest.fixture
async def user(resources: Resources) -> UserRow:
    return await make_user(resources, password=PASSWORD)


@pytest.fixture
def oneself(user: UserRow) -> Principal:
    return Principal(id=user.id, name=user.name, actions=GRANTS[Role.VIEWER])


@pytest.fixture
async def code(oneself: Principal) -> Code:
    """Gives the code of so many steps from now; the second factor is on, confirmed by that of step -1."""
    secret = (await second_factor.enrol(oneself, password=PASSWORD)).secret
    if time.time() % totp.STEP_S > totp.STEP_S - 3:
        await asyncio.sleep(3)  # or the step would end during the test
    start = int(time.time()) // totp.STEP_S

    def of(step: int) -> str:
        return totp.code(secret, start + step)

    await second_factor.confirm(oneself, code=of(-1))
    return of


async def sign_in(user: UserRow, visit: Visit, code: str | None, password: str = PASSWORD) -> str:
    return await accounts.sign_in(email=user.email, password=password, code=code, visit=visit)


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    assert totp.code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at // totp.STEP_S) == code


def test_clocks_may_differ_by_thirty_seconds() -> None:
    secret = totp.new_secret()
    near = [totp.step_of(secret, totp.code(secret, step), at=100 * totp.STEP_S) for step in range(97, 104)]
    assert near == [None, None, 99, 100, 101, None, None]


async def test_a_code_is_asked_for_once_the_password_is_right(
    user: UserRow, visit: Visit, code: Code
) -> None:
    with pytest.raises(Unauthenticated, match=accounts.NOT_RIGHT):
        await sign_in(user, visit, code(0), password="wrong")
    with pytest.raises(CodeNeeded, match="Enter the code"):
        await sign_in(user, visit, None)
    assert await sign_in(user, visit, code(0))


async def test_a_code_is_taken_once_and_no_earlier_one_after_it(
    user: UserRow, visit: Visit, code: Code
) -> None:
    with pytest.raises(CodeNeeded):
        await sign_in(user, visit, code(-1))
    both = await asyncio.gather(*(sign_in(user, visit, code(1)) for _ in range(2)), return_exceptions=True)
    assert sum(isinstance(outcome, CodeNeeded) for outcome in both) == 1
    with pytest.raises(CodeNeeded):
        await sign_in(user, visit, code(0))


@pytest.mark.parametrize("wrong", ["000", "abcdef", "１２３４５６", "-12345"])
async def test_a_wrong_code_is_refused(user: UserRow, visit: Visit, code: Code, wrong: str) -> None:
    with pytest.raises(CodeNeeded, match="not right"):
        await sign_in(user, visit, wrong)


@pytest.mark.usefixtures("slow")
async def test_codes_cannot_be_tried_out(user: UserRow, visit: Visit, code: Code) -> None:
    tries = [sign_in(user, visit, "000000") for _ in range(10)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, TooMany) for outcome in outcomes) == 4
    with pytest.raises(TooMany):
        await sign_in(user, visit, code(0))


async def test_what_was_not_confirmed_is_not_asked_for(
    user: UserRow, oneself: Principal, visit: Visit
) -> None:
    enrolment = await second_factor.enrol(oneself, password=PASSWORD)
    assert enrolment.qr.startswith("<svg")
    with pytest.raises(CodeNeeded):
        await second_factor.confirm(oneself, code="000")
    assert await sign_in(user, visit, None)


async def test_the_secret_is_kept_sealed(oneself: Principal, user: UserRow, resources: Resources) -> None:
    secret = (await second_factor.enrol(oneself, password=PASSWORD)).secret
    async with resources.transaction() as session:
        row = await session.get_one(UserRow, user.id)
    assert row.totp_sealed
    assert secret.encode() not in row.totp_sealed


async def test_it_is_not_changed_without_the_password(oneself: Principal, code: Code) -> None:
    with pytest.raises(Invalid):
        await second_factor.take_off(oneself, password="wrong")
    with pytest.raises(Conflict):
        await second_factor.enrol(oneself, password=PASSWORD)


async def test_oneself_or_an_administrator_takes_it_off(
    user: UserRow, oneself: Principal, visit: Visit, code: Code
) -> None:
    with pytest.raises(Forbidden):
        await second_factor.take_off_of(somebody(actions=GRANTS[Role.ADMIN]), user.id)
    await second_factor.take_off_of(somebody(actions=INSTALLATION | ONESELF), user.id)
    assert await sign_in(user, visit, None)


async def test_another_password_ends_the_other_sessions(
    user: UserRow, oneself: Principal, visit: Visit
) -> None:
    here, elsewhere = [await sign_in(user, visit, None) for _ in range(2)]
    present = sessions.digest(here)
    await my_accounts.change_password(oneself, present=PASSWORD, new=NEW, session_id=present)
    assert await sessions.read(here)
    assert await sessions.read(elsewhere) is None
    assert await sign_in(user, visit, None, password=NEW)


async def test_the_present_password_is_asked_for(oneself: Principal) -> None:
    with pytest.raises(Invalid) as refused:
        await my_accounts.change_password(oneself, present="wrong", new=NEW, session_id=None)
    assert refused.value.problems[0].field == "present"
    with pytest.raises(Invalid):
        await my_accounts.change_password(oneself, present=PASSWORD, new="short", session_id=None)


async def test_who_acts_as_another_changes_nothing_of_this(user: UserRow) -> None:
    other = Principal(id=user.id, name=user.name, actions=GRANTS[Role.VIEWER] - {"self:secure"})
    with pytest.raises(Forbidden):
        await my_accounts.change_password(other, present=PASSWORD, new=NEW, session_id=None)
