"""`/users/me/security`, `…/password` and `…/second-factor`: what people sign in with."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from workbench.api.principal import CurrentCaller
from workbench.services import my_accounts, second_factor
from workbench.services.my_accounts import Security
from workbench.services.second_factor import Enrolment

router = APIRouter(prefix="/users", tags=["people"])

Password = Annotated[SecretStr, Field(max_length=1_000)]


class ChangePassword(BaseModel):
    """One's present password, and the one to sign in with from now on."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    present: Password
    password: Password


class Proof(BaseModel):
    """One's password, to prove that it is still oneself who asks."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    password: Password


class Code(BaseModel):
    """What the authenticator app shows."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    code: Annotated[SecretStr, Field(min_length=1, max_length=100)]


@router.get("/me/security", summary="See what one signs in with")
async def get_security(caller: CurrentCaller) -> Security:
    """Whether one has a password here, and a second factor."""
    return await my_accounts.get_security(caller.principal)


@router.post("/me/password", status_code=204, summary="Change one's password")
async def change_password(caller: CurrentCaller, body: ChangePassword) -> None:
    """It ends all of one's sessions but this one."""
    await my_accounts.change_password(
        caller.principal,
        present=body.present.get_secret_value(),
        new=body.password.get_secret_value(),
        session_id=caller.session.id if caller.session else None,
        address=caller.credentials.address,
    )


@router.post("/me/second-factor", summary="Begin to set up a second factor")
async def enrol(caller: CurrentCaller, body: Proof) -> Enrolment:
    """What an authenticator app needs. It is asked for only once a code of it was confirmed."""
    return await second_factor.enrol(
        caller.principal, password=body.password.get_secret_value(), address=caller.credentials.address
    )


@router.post("/me/second-factor/confirm", status_code=204, summary="Confirm a second factor")
async def confirm(caller: CurrentCaller, body: Code) -> None:
    """A right code proves that the app has the secret. From now on signing in needs one."""
    await second_factor.confirm(
        caller.principal, code=body.code.get_secret_value(), address=caller.credentials.address
    )


@router.post("/me/second-factor/off", status_code=204, summary="Take off one's second factor")
async def take_off(caller: CurrentCaller, body: Proof) -> None:
    """Signing in needs the password alone again."""
    await second_factor.take_off(
        caller.principal, password=body.password.get_secret_value(), address=caller.credentials.address
    )


@router.delete("/{user_id}/second-factor", status_code=204, summary="Take off somebody's second factor")
async def take_off_of(caller: CurrentCaller, user_id: str) -> None:
    """For somebody who has lost what makes the codes."""
    await second_factor.take_off_of(caller.principal, user_id, address=caller.credentials.address)
