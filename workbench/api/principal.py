"""Who calls the API: the one place in which a request becomes a principal."""

from typing import Annotated

from fastapi import Depends, Request

from workbench.api.addresses import address_of
from workbench.auth.principal import Principal
from workbench.errors import NotFound
from workbench.services import identity, sessions
from workbench.services.identity import Caller, Credentials

WORKSPACE = "workbench-workspace"
"""The header by which a request says in which workspace it acts; without it, in the one chosen last."""


def credentials_of(request: Request) -> Credentials:
    """Return what a request brings to prove who sends it."""
    return Credentials(
        cookie=request.cookies.get(sessions.cookie_name()),
        authorization=request.headers.get("authorization"),
        workspace=request.headers.get(WORKSPACE),
        address=address_of(request),
    )


async def current_caller(request: Request) -> Caller:
    """Return who calls. Raises Unauthenticated; NotFound for a workspace that is not theirs."""
    caller = await identity.authenticate(credentials_of(request))
    asked = caller.credentials.workspace
    if asked is not None and caller.principal.workspace != asked:  # nobody acts elsewhere unawares
        raise NotFound(f"There is no workspace {asked[:64]!r}, or you do not belong to it.")
    return caller


async def current_principal(caller: Annotated[Caller, Depends(current_caller)]) -> Principal:
    """Return on whose behalf a request is answered."""
    return caller.principal


CurrentCaller = Annotated[Caller, Depends(current_caller)]
CurrentPrincipal = Annotated[Principal, Depends(current_principal)]
