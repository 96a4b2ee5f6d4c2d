"""Secrets: stored sealed, used by steps, never read back by anyone."""

import os
import re
from collections.abc import Mapping
from datetime import datetime

from engine.errors import Failure, NodeFailed, Problem
from workbench.auth.principal import DEFAULT_WORKSPACE, Principal
from workbench.auth.roles import Action
from workbench.db import events
from workbench.db import secrets as queries
from workbench.db.paging import page_size
from workbench.errors import Invalid, NotFound, Unavailable
from workbench.services.access import requires
from workbench.services.resources import Resources, get_resources
from workbench.services.sealing import SealingKeys
from workbench.services.shapes import Page, Shape
from workbench.settings import CONFIDENTIAL_PREFIX

MAX_CHARACTERS = 64_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class Secret(Shape):
    """A secret in a list. There is no shape that holds a value."""

    name: str
    created_at: datetime
    updated_at: datetime
    updated_by: str


@requires(Action.SECRETS_WRITE)
async def put_secret(principal: Principal, *, name: str, value: str) -> None:
    """Store `value` as the secret `name`, in place of what it held before. Raises Invalid."""
    if not _NAME.fullmatch(name):
        raise _wrong("name", "A secret's name has letters, digits and underscores, and begins with no digit.")
    if not 0 < len(value) <= MAX_CHARACTERS:
        raise _wrong("value", f"A secret has 1 to {MAX_CHARACTERS} characters.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _wrong("value", "The secret holds half of a character (a lone surrogate).")
    resources = get_resources()
    sealed, key_id = SealingKeys.of(resources.settings).seal(_sealed_as(principal.workspace, name), value)
    async with resources.transaction() as session:
        await queries.put(session, principal.workspace, name, sealed=sealed, key_id=key_id, by=principal.id)


@requires(Action.SECRETS_READ)
async def list_secrets(principal: Principal, *, limit: int = 50, cursor: str | None = None) -> Page[Secret]:
    """Return a page of the secrets' names, by name; the cursor is the last name."""
    limit, after = page_size(limit), cursor or ""
    if after and not _NAME.fullmatch(after):
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.")
    rows = await get_resources().read(lambda session: queries.page(session, limit=limit + 1, after=after))
    items = tuple(Secret.model_validate(dict(row._mapping)) for row in rows[:limit])
    return Page(items=items, next_cursor=items[-1].name if len(rows) > limit else None)


@requires(Action.SECRETS_WRITE)
async def delete_secret(principal: Principal, *, name: str) -> None:
    """Forget a secret. Raises NotFound."""
    async with get_resources().transaction() as session:
        if not _NAME.fullmatch(name) or not await queries.remove(session, name):
            raise NotFound(f"There is no secret {name[:64]!r}.")


class StoredSecrets:
    """Implements engine.ports.SecretStore: what was stored, else the worker's `WORKBENCH_SECRET_<NAME>`."""

    def __init__(self, resources: Resources, environment: Mapping[str, str] = os.environ) -> None:
        self._resources = resources
        self._environment = environment

    async def get(self, name: str, *, run_id: str) -> str:
        """Return the value that `name` has in a run's workspace; KeyError when there is none.

        Raises NodeFailed when it cannot be opened, which trying again would not mend.
        """
        workspace_id = await self._resources.read(lambda session: events.workspace_of(session, run_id))
        return await self.of(workspace_id or "", name)

    async def of(self, workspace_id: str, name: str) -> str:
        """Return the value that `name` has in a workspace; the environment's are the first workspace's."""
        row = None
        if _NAME.fullmatch(name):
            row = await self._resources.read(lambda session: queries.get(session, workspace_id, name))
        if row is None:
            if workspace_id != DEFAULT_WORKSPACE:
                raise KeyError(name)
            return self._environment[CONFIDENTIAL_PREFIX + name]
        try:
            sealed_as = _sealed_as(workspace_id, name)
            return SealingKeys.of(self._resources.settings).open(sealed_as, row.sealed, row.key_id)
        except Unavailable as error:
            raise NodeFailed(Failure(kind="secret-sealed", message=str(error))) from error


def _sealed_as(workspace_id: str, name: str) -> str:
    """Return the name that is sealed in with a value, so that no row can be passed off as another's."""
    return name if workspace_id == DEFAULT_WORKSPACE else f"{workspace_id}/{name}"


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, (Problem(code=f"bad-secret-{field}", field=field, message=message),))
