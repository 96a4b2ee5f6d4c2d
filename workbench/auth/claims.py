"""What a token's claims say of somebody: who they are, and what they get by an administrator's table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from workbench.auth.tokens import Claims

Source = Literal["realm_role", "client_role", "group"]
Said = frozenset[tuple[Source, str]]
MOST = 2_000
"""So many roles or groups are read of one token."""

_SERVICE = "service-account-"


@dataclass(frozen=True)
class Somebody:
    """Who a token is about. `email` is there only if it is verified."""

    subject: str
    name: str
    email: str | None
    kind: Literal["person", "service"]


@dataclass(frozen=True)
class Rule:
    """One line of the table: whose tokens say `value` in `source` gets the rest."""

    source: Source
    value: str
    workspace_id: str | None = None
    role: str | None = None
    group_id: str | None = None
    administrator: bool = False


@dataclass(frozen=True)
class Grants:
    """What somebody gets: (workspace, role) pairs, groups, administration of the installation."""

    roles: frozenset[tuple[str, str]] = frozenset()
    groups: frozenset[str] = frozenset()
    administrator: bool = False


def somebody(claims: Claims, *, trust_emails: bool = False) -> Somebody:
    """Return who a verified token is about."""
    email = _text(claims.get("email"))
    verified = bool(email and "@" in email) and (trust_emails or claims.get("email_verified") is True)
    username = _text(claims.get("preferred_username"))
    client = claims.get("client_id") or claims.get("azp")
    is_service = username.startswith(_SERVICE) or claims["sub"] == client
    name = _text(claims.get("name")) or username or email or _text(client) or "Somebody"
    return Somebody(
        subject=claims["sub"][:500],
        name=name.removeprefix(_SERVICE) if is_service else name,
        email=email if verified else None,
        kind="service" if is_service else "person",
    )


def said(claims: Claims, *, client_id: str, groups_claim: str) -> Said:
    """Return the roles and groups in a token.

    Keycloak has roles of the realm in `realm_access.roles` and a client's in `resource_access.<id>.roles`;
    others have the client's in `roles`. A group's path counts without its leading slash.
    """
    realm = _within(claims, "realm_access", "roles")
    client = [*_texts(_within(claims, "resource_access", client_id, "roles")), *_texts(claims.get("roles"))]
    groups = [group.removeprefix("/") for group in _texts(claims.get(groups_claim))]
    found: set[tuple[Source, str]] = set()
    found.update(("realm_role", role) for role in _texts(realm))
    found.update(("client_role", role) for role in client)
    found.update(("group", group) for group in groups)
    return frozenset(found)


def granted(rules: Iterable[Rule], held: Said) -> Grants:
    """Return what the table gives to somebody whose token says `held`."""
    mine = [rule for rule in rules if _key(rule) in held]
    return Grants(
        roles=frozenset((rule.workspace_id, rule.role) for rule in mine if rule.workspace_id and rule.role),
        groups=frozenset(rule.group_id for rule in mine if rule.group_id),
        administrator=any(rule.administrator for rule in mine),
    )


def _key(rule: Rule) -> tuple[Source, str]:
    return rule.source, rule.value.removeprefix("/") if rule.source == "group" else rule.value


def _within(claims: Claims, *names: str) -> Any:
    found: Any = claims
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _texts(value: Any) -> list[str]:
    given = value[:MOST] if isinstance(value, list) else [value]
    return [text for text in given if isinstance(text, str) and text]


def _text(value: Any) -> str:
    """Return a claim as a line that can be shown."""
    kept = "".join(sign for sign in value if sign.isprintable()) if isinstance(value, str) else ""
    return kept.strip()[:200]
