"""`/invitations` and the links they give, from the invitation to the first call by whoever took it."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.people import member
from tests.workbench.api.matrix_world import browser
from workbench.auth.roles import Role
from workbench.db.ids import new_id
from workbench.services.resources import Resources

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.usefixtures("team")


def token(url: str) -> str:
    """Return the token of a link, which is in its fragment: no server and no log ever sees it."""
    parts = urlsplit(url)
    assert not parts.query
    return parse_qs(parts.fragment)["token"][0]


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.org"


@pytest.fixture
async def admin(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of an admin of a new workspace."""
    async with browser(await member(resources, {new_id(): Role.ADMIN})) as client:
        yield client


@pytest.fixture
async def nobody(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which nobody has signed in."""
    async with browser(None) as client:
        yield client


async def invited(admin: httpx.AsyncClient, email: str, *roles: str) -> dict[str, str]:
    answer = await admin.post("/invitations", json={"email": email, "roles": list(roles)})
    assert answer.status_code == 201
    return dict(answer.json())


async def test_who_is_invited_joins_with_the_roles_of_the_invitation(
    admin: httpx.AsyncClient, nobody: httpx.AsyncClient, email: str
) -> None:
    given = {"token": token((await invited(admin, email, "reviewer", "viewer"))["url"])}
    offer = (await nobody.post("/auth/invitation", json=given)).json()
    assert offer == {"kind": "invite", "email": email, "workspace": "Lab"}
    accepted = {**given, "name": "Grace", "password": PASSWORD}
    assert (await nobody.post("/auth/invitation/accept", json=accepted)).status_code == 204
    me = (await nobody.get("/users/me")).json()
    assert (me["name"], me["email"], "tasks:decide" in me["actions"]) == ("Grace", email, True)
    assert "members:write" not in me["actions"]
    again = await nobody.post("/auth/invitation/accept", json=accepted)
    assert (again.status_code, (await admin.get("/invitations")).json()) == (404, [])


async def test_an_invitation_is_listed_without_its_link_and_can_be_withdrawn(
    admin: httpx.AsyncClient, nobody: httpx.AsyncClient, email: str
) -> None:
    link = await invited(admin, email, "viewer")
    (listed,) = (await admin.get("/invitations")).json()
    assert (listed["id"], listed["email"], listed["roles"]) == (link["id"], email, ["viewer"])
    assert token(link["url"]) not in str(listed)
    assert (await admin.delete(f"/invitations/{link['id']}")).status_code == 204
    assert (await admin.delete(f"/invitations/{link['id']}")).status_code == 404
    gone = await nobody.post("/auth/invitation", json={"token": token(link["url"])})
    never = await nobody.post("/auth/invitation", json={"token": "never given to anybody"})
    assert (gone.status_code, gone.json()["detail"]) == (404, never.json()["detail"])


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ada@example.org", "roles": []},
        {"email": "ada@example.org", "roles": ["owner"]},
        {"email": "no address", "roles": ["viewer"]},
        {"email": "a@example.org\r\nBcc: b@example.org", "roles": ["viewer"]},
        {"email": "ada@example.org", "roles": ["viewer"], "workspace_id": "default"},
        {"email": "ada@example.org", "roles": ["viewer"], "administrator": True},
    ],
)
async def test_what_is_wrong_with_an_invitation_is_said(
    admin: httpx.AsyncClient, body: dict[str, object]
) -> None:
    assert (await admin.post("/invitations", json=body)).status_code == 422
    assert (await admin.get("/invitations")).json() == []


async def test_a_weak_password_uses_no_link_up(
    admin: httpx.AsyncClient, nobody: httpx.AsyncClient, email: str
) -> None:
    given = {"token": token((await invited(admin, email, "viewer"))["url"]), "name": "Grace"}
    weak = await nobody.post("/auth/invitation/accept", json={**given, "password": email})
    assert weak.status_code == 422
    assert email not in weak.text
    joined = await nobody.post("/auth/invitation/accept", json={**given, "password": PASSWORD})
    assert joined.status_code == 204


async def test_who_has_an_account_is_not_invited_again(
    admin: httpx.AsyncClient, resources: Resources
) -> None:
    known = await member(resources, {})
    answer = await admin.post("/invitations", json={"email": known.email.upper(), "roles": ["viewer"]})
    assert answer.status_code == 409


async def test_a_reset_is_an_administrators_link_that_sets_a_password_once(
    nobody: httpx.AsyncClient, resources: Resources
) -> None:
    ada = await member(resources, {new_id(): Role.VIEWER})
    async with browser(await member(resources, {}, administrator=True)) as administrator:
        link = (await administrator.post(f"/users/{ada.id}/reset")).json()
    given = {"token": token(link["url"]), "password": PASSWORD}
    assert (await nobody.post("/auth/reset", json=given)).status_code == 204
    assert (await nobody.post("/auth/reset", json=given)).status_code == 404
    signed_in = await nobody.post("/auth/sign-in", json={"email": ada.email, "password": PASSWORD})
    assert signed_in.status_code == 204
