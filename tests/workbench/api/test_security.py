"""`/users/me/password`, `…/second-factor`: what people sign in with, and that nobody else changes it."""

import time
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from tests.people import member
from tests.workbench.api.matrix_world import browser
from workbench.auth import passwords, totp
from workbench.db.ids import new_id, now
from workbench.db.tables import UserRow
from workbench.services.resources import Resources

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.usefixtures("team")


@pytest.fixture
async def ada(resources: Resources) -> UserRow:
    """Somebody with PASSWORD."""
    kept = await passwords.hashed(PASSWORD)
    row = UserRow(
        id=new_id(), email=f"{uuid4().hex}@example.org", name="Ada", password_hash=kept, created_at=now()
    )
    async with resources.transaction() as session:
        session.add(row)
    return row


@pytest.fixture
async def mine(ada: UserRow) -> AsyncIterator[httpx.AsyncClient]:
    """Ada's browser."""
    async with browser(ada) as client:
        yield client


def code(secret: str, *, ahead: int = 0) -> str:
    """Return what an authenticator app shows now, or some steps later."""
    return totp.code(secret, int(time.time()) // totp.STEP_S + ahead)


async def sign_in(ada: UserRow, **more: str) -> httpx.Response:
    async with browser(None) as client:
        body = {"email": ada.email, "password": PASSWORD, **more}
        return await client.post("/auth/sign-in", json=body)


async def with_a_factor(mine: httpx.AsyncClient) -> str:
    """Set up a second factor; return its secret."""
    enrolled = await mine.post("/users/me/second-factor", json={"password": PASSWORD})
    secret = str(enrolled.json()["secret"])
    assert enrolled.json()["qr"].startswith("<svg")
    confirmed = await mine.post("/users/me/second-factor/confirm", json={"code": code(secret)})
    assert confirmed.status_code == 204
    return secret


async def test_a_second_factor_is_asked_for_once_it_was_confirmed(
    mine: httpx.AsyncClient, ada: UserRow
) -> None:
    assert (await mine.post("/users/me/second-factor", json={"password": PASSWORD})).status_code == 200
    assert (await sign_in(ada)).status_code == 204
    secret = await with_a_factor(mine)
    assert (await mine.get("/users/me/security")).json() == {
        "email": ada.email,
        "password": True,
        "second_factor": True,
    }
    refused = await sign_in(ada)
    assert (refused.status_code, refused.json()["code"]) == (401, "code-needed")
    assert (await sign_in(ada, code="000000")).json()["code"] == "code-needed"
    assert (await sign_in(ada, code=code(secret, ahead=1))).status_code == 204
    assert (await sign_in(ada, code=code(secret, ahead=1))).status_code == 401


async def test_a_second_factor_is_set_up_and_taken_off_with_the_password(
    mine: httpx.AsyncClient, ada: UserRow
) -> None:
    for path in ("/users/me/second-factor", "/users/me/second-factor/off"):
        wrong = await mine.post(path, json={"password": "not this one"})
        assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "password")
        assert "not this one" not in wrong.text
    secret = await with_a_factor(mine)
    assert (await mine.post("/users/me/second-factor", json={"password": PASSWORD})).status_code == 409
    assert (await mine.post("/users/me/second-factor/off", json={"password": PASSWORD})).status_code == 204
    assert (await sign_in(ada)).status_code == 204
    assert secret not in (await mine.get("/users/me/security")).text


async def test_there_is_nothing_to_confirm_before_it_was_begun(mine: httpx.AsyncClient) -> None:
    assert (await mine.post("/users/me/second-factor/confirm", json={"code": "123456"})).status_code == 409
    for wrong in ({}, {"code": ""}, {"code": 1}, {"code": "1" * 101}):
        answer = await mine.post("/users/me/second-factor/confirm", json=wrong)
        assert answer.status_code == 422


async def test_an_administrator_takes_off_a_factor_that_was_lost(
    mine: httpx.AsyncClient, ada: UserRow, resources: Resources
) -> None:
    await with_a_factor(mine)
    assert (await mine.delete(f"/users/{ada.id}/second-factor")).status_code == 403
    async with browser(await member(resources, {}, administrator=True)) as administrator:
        assert (await administrator.delete(f"/users/{ada.id}/second-factor")).status_code == 204
        assert (await administrator.delete("/users/nobody/second-factor")).status_code == 404
    assert (await sign_in(ada)).status_code == 204


async def test_a_new_password_needs_the_present_one_and_ends_other_sessions(
    mine: httpx.AsyncClient, ada: UserRow
) -> None:
    wrong = await mine.post("/users/me/password", json={"present": "no", "password": "another good phrase"})
    assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "present")
    weak = await mine.post("/users/me/password", json={"present": PASSWORD, "password": "short"})
    assert (weak.status_code, PASSWORD in weak.text) == (422, False)
    async with browser(ada) as elsewhere:
        body = {"present": PASSWORD, "password": "another good phrase"}
        assert (await mine.post("/users/me/password", json=body)).status_code == 204
        assert (await elsewhere.get("/users/me")).status_code == 401
    assert (await mine.get("/users/me")).status_code == 200
    assert (await sign_in(ada)).status_code == 401
