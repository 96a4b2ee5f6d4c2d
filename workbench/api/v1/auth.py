"""`/auth`: signing in and out. Its routes are for people who are not signed in yet."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from workbench.api import cookies
from workbench.services import accounts

router = APIRouter(prefix="/auth", tags=["auth"])

Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1_000)]


class SignIn(BaseModel):
    """What somebody proves themselves with."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: Email
    password: Password


@router.post("/sign-in", status_code=204, summary="Sign in with a password")
async def sign_in(body: SignIn, request: Request, response: Response) -> None:
    """The answer sets the session's cookie. Too many tries are answered with 429 and `Retry-After`."""
    token = await accounts.sign_in(
        email=body.email, password=body.password.get_secret_value(), visit=cookies.visit_of(request)
    )
    cookies.give(response, token)


@router.post("/sign-out", status_code=204, summary="Sign out")
async def sign_out(request: Request, response: Response) -> None:
    """Ends the session of the request's cookie, if there still is one, and takes the cookie away."""
    await accounts.sign_out(cookies.visit_of(request))
    cookies.take(response)
