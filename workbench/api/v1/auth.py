"""`/auth`: signing in and out. Its routes are for people who are not signed in yet."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from workbench.api import cookies
from workbench.services import acceptances, accounts, set_up
from workbench.services.acceptances import Offer
from workbench.services.newcomers import Newcomer
from workbench.services.oidc import logout

router = APIRouter(prefix="/auth", tags=["auth"])

Code = Annotated[SecretStr, Field(max_length=100)]
Token = Annotated[SecretStr, Field(max_length=200)]
Name = Annotated[str, Field(max_length=1_000)]
Email = Annotated[str, Field(max_length=1_000)]
Password = Annotated[SecretStr, Field(max_length=1_000)]


class SignIn(BaseModel):
    """What somebody proves themselves with."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: Email
    password: Password
    code: Code | None = None


class SetUp(BaseModel):
    """The first administrator, the workspace's name, and the token from the web process's log."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: Token
    email: Email
    name: Name
    password: Password
    workspace: Name


class Link(BaseModel):
    """The token of a link that was sent to somebody."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: Token


class NewPassword(Link):
    """What somebody wants to sign in with from now on."""

    password: Password


class Join(NewPassword):
    """What somebody says of themselves who was invited."""

    name: Name


@router.post("/sign-in", status_code=204, summary="Sign in with a password")
async def sign_in(body: SignIn, request: Request, response: Response) -> None:
    """The answer sets the session's cookie. Too many tries are answered with 429 and `Retry-After`.

    401 with the code `code-needed` asks for `code` as well: that of the person's second factor.
    """
    token = await accounts.sign_in(
        email=body.email,
        password=body.password.get_secret_value(),
        code=body.code.get_secret_value() if body.code else None,
        visit=cookies.visit_of(request),
    )
    cookies.give(response, token)


class SignedOut(BaseModel):
    """`next` is where the browser goes to end the session of the provider through which it signed in."""

    next: str | None = None


@router.post("/sign-out", summary="Sign out")
async def sign_out(request: Request, response: Response) -> SignedOut:
    """Ends the session of the request's cookie, if there still is one, and takes the cookie away."""
    ended = await accounts.sign_out(cookies.visit_of(request))
    cookies.take(response)
    return SignedOut(next=await logout.leave(ended))


@router.post("/set-up", status_code=204, summary="Make the first administrator")
async def make_first(body: SetUp, request: Request, response: Response) -> None:
    """Possible once, while there is nobody yet. The answer signs that person in."""
    newcomer = Newcomer(body.email, body.name, body.password.get_secret_value())
    token = await set_up.set_up(
        token=body.token.get_secret_value(),
        newcomer=newcomer,
        workspace=body.workspace,
        visit=cookies.visit_of(request),
    )
    cookies.give(response, token)


@router.post("/invitation", summary="See what a link is for")
async def read_link(body: Link, request: Request) -> Offer:
    """A link that is used, withdrawn or too old is answered with 404, as is one that never was."""
    return await acceptances.read(body.token.get_secret_value(), cookies.visit_of(request))


@router.post("/invitation/accept", status_code=204, summary="Join a workspace")
async def join(body: Join, request: Request, response: Response) -> None:
    """Makes the account that the invitation is for. The answer signs that person in."""
    token = await acceptances.join(
        body.token.get_secret_value(),
        name=body.name,
        password=body.password.get_secret_value(),
        visit=cookies.visit_of(request),
    )
    cookies.give(response, token)


@router.post("/reset", status_code=204, summary="Set a new password")
async def set_password(body: NewPassword, request: Request) -> None:
    """By the link that an administrator made. It ends all of the person's sessions."""
    await acceptances.set_password(
        body.token.get_secret_value(),
        password=body.password.get_secret_value(),
        visit=cookies.visit_of(request),
    )
