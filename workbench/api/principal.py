"""Who calls the API: the one place in which a request becomes a principal."""

from typing import Annotated

from fastapi import Depends

from workbench.auth.principal import OWNER, Principal


async def current_principal() -> Principal:
    """Return the owner of the data directory, who is the principal of every request in single-user mode."""
    return OWNER


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]
