"""Identity providers as administrators set them up: where they are, whom they bring, what claims give."""

import re
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from engine.errors import Problem
from workbench.auth import oidc
from workbench.auth.claims import Source
from workbench.auth.principal import Principal
from workbench.auth.provider_settings import ProviderSettings
from workbench.auth.roles import Action, Role
from workbench.db import providers as queries
from workbench.db.ids import new_id, now
from workbench.db.tables import GroupRow, MappingRow, ProviderRow, WorkspaceRow
from workbench.errors import Conflict, Invalid, NotFound
from workbench.services import audit, last_admins
from workbench.services.access import everywhere, requires
from workbench.services.epoch import access_changed
from workbench.services.oidc.configured import sealed_as
from workbench.services.oidc.flow import post_logout_redirect_uri, redirect_uri
from workbench.services.resources import get_resources
from workbench.services.sealing import SealingKeys
from workbench.services.shapes import Shape

MOST_RULES = 500
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_RESERVED = ("local", "session")


class Offered(Shape):
    """A provider on the sign-in page. `start` is where its button leads."""

    id: str
    name: str
    start: str


class Provider(Shape):
    """A provider. There is no shape that holds its secret. The addresses are those to register there."""

    id: str
    name: str
    issuer: str
    client_id: str
    has_secret: bool
    settings: ProviderSettings
    enabled: bool
    redirect_uri: str
    post_logout_redirect_uri: str
    frontchannel_logout_uri: str
    backchannel_logout_uri: str
    created_at: datetime
    updated_at: datetime


class Mapping(Shape):
    """A line of the table: whose token says `value` in `source` gets one of three things.

    A role in a workspace, a place in a group, or the administration of the installation.
    """

    source: Source
    value: Annotated[str, Field(min_length=1, max_length=500)]
    workspace_id: str | None = None
    role: Role | None = None
    group_id: str | None = None
    administrator: bool = False


class Tested(Shape):
    """What a provider says of itself. `notes` are what an administrator should know before it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None
    notes: tuple[str, ...] = ()


async def offered() -> tuple[Offered, ...]:
    """Return the providers in use, for the sign-in page: for people who are not signed in."""
    with everywhere():
        rows = await get_resources().read(queries.every)
    return tuple(
        Offered(id=row.id, name=row.name, start=f"/api/v1/auth/oidc/{row.id}/start")
        for row in rows
        if row.enabled
    )


@requires(Action.PROVIDERS_MANAGE)
async def list_providers(principal: Principal) -> tuple[Provider, ...]:
    """Return all providers, by name."""
    return tuple(_shape(row) for row in await get_resources().read(queries.every))


@requires(Action.PROVIDERS_MANAGE)
async def get_provider(principal: Principal, provider_id: str) -> Provider:
    """Return a provider. Raises NotFound."""
    return _shape(await get_resources().read(lambda session: _require(session, provider_id)))


@requires(Action.PROVIDERS_MANAGE)
async def test_provider(principal: Principal, *, issuer: str) -> Tested:
    """Ask an issuer what it says of itself; nothing is stored. Raises Invalid, Unavailable."""
    found = await oidc.discover(_checked(issuer))
    notes = []
    if found.end_session_endpoint is None:
        notes.append("It ends no sessions: who signs out here stays signed in there.")
    if found.introspection_endpoint is None:
        notes.append("It cannot be asked about tokens: one for the API counts until it expires.")
    return Tested(**found.model_dump(include=set(Tested.model_fields)), notes=tuple(notes))


@requires(Action.PROVIDERS_MANAGE)
async def add_provider(
    principal: Principal,
    *,
    name: str,
    issuer: str,
    client_id: str,
    secret: str = "",
    id: str = "",
    settings: ProviderSettings | None = None,
) -> Provider:
    """Set up a provider, in use at once. Without an `id` its name gives one. Raises Invalid, Conflict."""
    issuer, name, client_id = _checked(issuer), _line("name", name, 80), _line("client_id", client_id, 400)
    provider_id = id or _slug(name)
    if not _ID.fullmatch(provider_id) or provider_id in _RESERVED:
        raise _wrong("id", "An id has up to 40 lower-case letters, digits and hyphens, and is not 'local'.")
    at = now()
    row = ProviderRow(
        id=provider_id,
        name=name,
        issuer=issuer,
        client_id=client_id,
        settings=(settings or ProviderSettings()).model_dump(),
        created_at=at,
        updated_at=at,
    )
    _seal(row, secret)
    async with get_resources().transaction() as session:
        for other in await queries.every(session):
            if other.id == provider_id or other.issuer == issuer:
                raise Conflict(f"{other.name} is a provider with this id or issuer already; change that one.")
        session.add(row)
        detail = {"issuer": issuer, "client_id": client_id}
        await audit.record(session, principal, "provider.added", target=_target(row.id), detail=detail)
        shape = _shape(row)
    await access_changed()
    return shape


@requires(Action.PROVIDERS_MANAGE)
async def change_provider(
    principal: Principal, provider_id: str, *, changes: Dictionary[str, Any]
) -> Provider:
    """Change `name`, `client_id`, `secret`, `settings` or `enabled`; what is not named stays.

    An empty `secret` makes it a client without one. Sessions of a provider that is not in use any more end
    within a minute. Raises NotFound, Invalid, and Conflict when nobody would be left who is an administrator.
    """
    async with get_resources().transaction() as session:
        row = await _require(session, provider_id)
        if "name" in changes:
            row.name = _line("name", changes["name"], 80)
        if "client_id" in changes:
            row.client_id = _line("client_id", changes["client_id"], 400)
        if "settings" in changes:
            row.settings = ProviderSettings.model_validate(changes["settings"]).model_dump()
        if "enabled" in changes:
            async with last_admins.stay(session):
                row.enabled = bool(changes["enabled"])
        if "secret" in changes:
            _seal(row, changes["secret"])
        row.updated_at = now()
        detail = {"changed": sorted(changes), "enabled": row.enabled}
        await audit.record(session, principal, "provider.changed", target=_target(row.id), detail=detail)
        shape = _shape(row)
    await access_changed()
    return shape


@requires(Action.PROVIDERS_MANAGE)
async def get_mappings(principal: Principal, provider_id: str) -> tuple[Mapping, ...]:
    """Return what a provider's claims give. Raises NotFound."""
    async with get_resources().transaction() as session:
        await _require(session, provider_id)
        rows = await queries.mappings(session, provider_id)
    return tuple(Mapping(**row.model_dump(exclude={"id", "provider_id"})) for row in rows)


@requires(Action.PROVIDERS_MANAGE)
async def set_mappings(
    principal: Principal, provider_id: str, mappings: Sequence[Mapping]
) -> tuple[Mapping, ...]:
    """Let these be what a provider's claims give, in place of what was there.

    It counts for each session from its next refresh on, within a minute. Raises NotFound, Invalid, and
    Conflict when nobody would be left who is an administrator.
    """
    if len(mappings) > MOST_RULES:
        raise _wrong("mappings", f"A provider has at most {MOST_RULES} mappings.")
    rows = [MappingRow(id=new_id(), provider_id=provider_id, **one.model_dump()) for one in mappings]
    async with get_resources().transaction() as session:
        await _require(session, provider_id)
        await _check_mappings(session, mappings)
        if not any(one.administrator for one in mappings):
            await last_admins.stay_without(session, provider_id)
        await queries.replace_mappings(session, provider_id, rows)
        detail = {"mappings": [one.model_dump(exclude_defaults=True) for one in mappings]}
        target = _target(provider_id)
        await audit.record(session, principal, "provider.mapped", target=target, detail=detail)
    await access_changed()
    return tuple(mappings)


async def _check_mappings(session: AsyncSession, mappings: Sequence[Mapping]) -> None:
    """Raise Invalid, with every line in which something is wrong."""
    problems = []
    for index, one in enumerate(mappings):
        message = await _wrong_mapping(session, one)
        if message:
            problems.append(Problem(code="bad-mapping", field=f"mappings[{index}]", message=message))
    if problems:
        raise Invalid(problems[0].message, tuple(problems))


async def _wrong_mapping(session: AsyncSession, one: Mapping) -> str:
    in_workspace = one.workspace_id is not None and one.role is not None
    half = (one.workspace_id is None) != (one.role is None)
    if half or in_workspace + (one.group_id is not None) + one.administrator != 1:
        return f"{one.value!r} has to give one thing: a role in a workspace, a group, or administration."
    if one.workspace_id is not None and await session.get(WorkspaceRow, one.workspace_id) is None:
        return f"There is no workspace {one.workspace_id[:40]!r}."
    if one.group_id is not None and await session.get(GroupRow, one.group_id) is None:
        return f"There is no group {one.group_id[:40]!r}."
    return ""


async def _require(session: AsyncSession, provider_id: str) -> ProviderRow:
    row = await session.get(ProviderRow, provider_id) if _ID.fullmatch(provider_id) else None
    if row is None:
        raise NotFound(f"There is no identity provider {provider_id[:40]!r}.")
    return row


def _seal(row: ProviderRow, secret: str) -> None:
    row.secret_sealed = row.secret_key_id = None
    if len(secret) > 4_000 or not secret.isprintable():
        raise _wrong("secret", "A client's secret has up to 4,000 characters that can be printed.")
    if secret:
        keys = SealingKeys.of(get_resources().settings)
        row.secret_sealed, row.secret_key_id = keys.seal(sealed_as(row.id), secret)


def _shape(row: ProviderRow) -> Provider:
    base = redirect_uri(row.id).removesuffix("/callback")
    return Provider(
        **row.model_dump(
            include={"id", "name", "issuer", "client_id", "enabled", "created_at", "updated_at"}
        ),
        has_secret=row.secret_sealed is not None,
        settings=ProviderSettings.model_validate(row.settings),
        redirect_uri=redirect_uri(row.id),
        post_logout_redirect_uri=post_logout_redirect_uri(),
        frontchannel_logout_uri=f"{base}/frontchannel-logout",
        backchannel_logout_uri=f"{base}/backchannel-logout",
    )


def _checked(issuer: str) -> str:
    try:
        return oidc.checked_url(issuer.strip())
    except ValueError as error:
        raise _wrong("issuer", str(error)) from error


def _line(field: str, text: str, most: int) -> str:
    text = text.strip()
    if not 0 < len(text) <= most or not text.isprintable():
        raise _wrong(field, f"It has 1 to {most} characters that can be printed.")
    return text


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")


def _target(provider_id: str) -> str:
    return f"provider:{provider_id}"


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, (Problem(code=f"bad-provider-{field}", field=field, message=message),))
