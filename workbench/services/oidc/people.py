"""Who somebody at a provider is here, and what the provider's claims give them.

People are found by the provider's `sub` and nothing else. Only where its settings say so does a verified
address find an account that was there before. An address that is not verified is never stored as somebody's:
else whoever registers it first would be taken for its owner later.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.claims import Grants, Somebody
from workbench.auth.principal import Principal
from workbench.db import providers as queries
from workbench.db.ids import new_id, now
from workbench.db.people import by_email
from workbench.db.tables import GroupMemberRow, IdentityRow, MembershipRow, UserRow
from workbench.errors import Forbidden
from workbench.services import audit
from workbench.services.oidc.configured import Provider

SIGN_IN = "sign-in"


async def found_or_made(session: AsyncSession, provider: Provider, who: Somebody) -> UserRow:
    """Return the account of somebody at a provider, made where its settings allow that.

    Raises Forbidden where they do not, or the account is disabled.
    """
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
    await session.execute(lock, {"key": f"{provider.id}/{who.subject}"})
    identity = await queries.subject(session, provider.id, who.subject)
    if identity is None:
        user = await _linked(session, provider, who) or await _made(session, provider, who)
        at = now()
        identity = IdentityRow(
            provider_id=provider.id,
            subject=who.subject,
            user_id=user.id,
            kind=who.kind,
            created_at=at,
            last_seen_at=at,
        )
        session.add(identity)
        await session.flush()
    identity.last_seen_at = now()
    user = await session.get_one(UserRow, identity.user_id)
    if user.disabled_at is not None:
        raise Forbidden(SIGN_IN, "Your account is disabled. Ask an administrator of this workbench.")
    return user


async def give(
    session: AsyncSession, provider: Provider, who: Somebody, user_id: str, grants: Grants
) -> bool:
    """Let somebody have what a provider's claims give now, in place of what they gave before.

    What they have of their own, or through others, stays. Returns whether anything changed: then the caller
    says `access_changed` after the transaction.
    """
    roles = {
        (row.workspace_id, row.role): row for row in await queries.given_roles(session, provider.id, user_id)
    }
    groups = {row.group_id: row for row in await queries.given_groups(session, provider.id, user_id)}
    identity = await session.get_one(IdentityRow, (provider.id, who.subject))
    before = Grants(frozenset(roles), frozenset(groups), identity.administrator)
    if before == grants:
        return False
    identity.administrator = grants.administrator
    gone = [
        *(roles[key] for key in before.roles - grants.roles),
        *(groups[key] for key in before.groups - grants.groups),
    ]
    for row in gone:
        await session.delete(row)
    session.add_all(
        MembershipRow(
            workspace_id=workspace_id, subject_id=user_id, role=role, source=provider.id, created_at=now()
        )
        for workspace_id, role in grants.roles - before.roles
    )
    session.add_all(
        GroupMemberRow(group_id=group_id, user_id=user_id, source=provider.id)
        for group_id in grants.groups - before.groups
    )
    await _note(session, provider, user_id, before, grants)
    return True


def actor(provider: Provider) -> Principal:
    """Return a provider as the audit log names it."""
    return Principal(id=f"provider:{provider.id}", name=provider.name, workspace="", kind="system")


async def _linked(session: AsyncSession, provider: Provider, who: Somebody) -> UserRow | None:
    """Return the account that has somebody's verified address, if addresses may tell."""
    if who.email is None:
        return None
    user = await by_email(session, who.email)
    if user is None:
        return None
    if not provider.settings.link_by_email:
        raise Forbidden(
            SIGN_IN,
            f"There is an account with the address {who.email} already. Sign in to it as you did before, "
            f"or ask an administrator to let {provider.name} link accounts by their address.",
        )
    await audit.record(session, actor(provider), "identity.linked", target=f"user:{user.id}")
    return user


async def _made(session: AsyncSession, provider: Provider, who: Somebody) -> UserRow:
    """Return a new account without any role. Raises Forbidden where none may be made."""
    settings = provider.settings
    if not (settings.create_people if who.kind == "person" else settings.service_accounts):
        raise Forbidden(SIGN_IN, "You have no account here. Ask an administrator of this workbench for one.")
    id_ = new_id()
    user = UserRow(id=id_, email=who.email or f"{id_}@{provider.id}.invalid", name=who.name, created_at=now())
    session.add(user)
    await session.flush()
    await audit.record(session, actor(provider), "user.made", target=f"user:{id_}", detail={"kind": who.kind})
    return user


async def _note(
    session: AsyncSession, provider: Provider, user_id: str, before: Grants, after: Grants
) -> None:
    """Note what has changed in the audit log: in each workspace what concerns it, the rest in none."""
    by, action, target = actor(provider), "access.provided", f"user:{user_id}"
    given, taken = after.roles - before.roles, before.roles - after.roles
    for here in sorted({workspace_id for workspace_id, _ in given | taken}):
        detail: dict[str, object] = {"given": _roles(given, here), "taken": _roles(taken, here)}
        await audit.record(session, by, action, target=target, detail=detail, workspace_id=here)
    if (before.groups, before.administrator) != (after.groups, after.administrator):
        detail = {"groups": sorted(after.groups), "administrator": after.administrator}
        await audit.record(session, by, action, target=target, detail=detail)


def _roles(roles: frozenset[tuple[str, str]], here: str) -> list[str]:
    return sorted(role for workspace_id, role in roles if workspace_id == here)
