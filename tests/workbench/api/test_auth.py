"""Signing in over HTTP: the cookie, and what stands in an error."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from tests.workbench.api.conftest import BASE
from workbench.auth import passwords
from workbench.db.ids import new_id, now
from workbench.db.tables import UserRow
from workbench.services import rate_limits
from workbench.services.resources import Resources

PASSWORD = "correct horse battery"


@pytest.fixture
async def email(api: httpx.AsyncClient, resources: Resources, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of somebody with PASSWORD, in a team, who comes from our own page."""
    api.headers["Origin"] = BASE
    monkeypatch.setattr(resources.settings, "mode", "team")
    email = f"{uuid4().hex}@example.org"
    kept = await passwords.hashed(PASSWORD)
    async with resources.transaction() as session:
        session.add(UserRow(id=new_id(), email=email, name="Ada", password_hash=kept, created_at=now()))
    return email


async def sign_in(api: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await api.post("/auth/sign-in", json={"email": email, "password": password})


async def test_the_cookie_is_for_our_own_pages_requests_alone(api: httpx.AsyncClient, email: str) -> None:
    answer = await sign_in(api, email)
    assert answer.status_code == 204
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("workbench=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(attributes)


async def test_over_https_no_other_host_path_or_scheme_can_have_set_it(
    api: httpx.AsyncClient, email: str, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources.settings, "public_url", "https://workbench.example")
    name, *attributes = (await sign_in(api, email)).headers["set-cookie"].split("; ")
    assert name.startswith("__Host-workbench=")
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Secure"} <= set(attributes)


async def test_signing_out_takes_the_cookie_and_needs_none(api: httpx.AsyncClient, email: str) -> None:
    await sign_in(api, email)
    assert api.cookies.get("workbench")
    for _ in range(2):
        assert (await api.post("/auth/sign-out")).json() == {"next": None}
        assert api.cookies.get("workbench") is None


async def test_too_many_tries_are_told_when_the_next_may_be_made(
    api: httpx.AsyncClient, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "FIRST", timedelta(minutes=5))
    answers = [await sign_in(api, email, "wrong") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 6 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].json()["code"] == "too-many"


async def test_what_was_sent_is_not_in_the_answer(api: httpx.AsyncClient, email: str) -> None:
    body = {"email": email, "password": PASSWORD, "administrator": True}
    answer = await api.post("/auth/sign-in", json=body)
    assert answer.status_code == 422
    assert PASSWORD not in answer.text
