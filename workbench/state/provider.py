"""The page of one identity provider: what it may do, and what its claims give."""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench.auth.roles import Role
from workbench.errors import Invalid
from workbench.services import groups, providers, workspaces
from workbench.services.providers import Mapping, Provider
from workbench.state.base import AppState, toast_done
from workbench.state.views import Choice

MOST = 200
SOURCES = {"realm_role": "Role of the realm", "client_role": "Role of the client", "group": "Group"}
TEXTS = ("scope", "audience", "audience_claim", "groups_claim")
SWITCHES = ("create_people", "link_by_email", "trust_emails", "service_accounts", "introspect")
_ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class RuleView:
    """A line of the table, in words."""

    source: str
    value: str
    gives: str


class ProviderState(AppState):
    """`on` are the settings that are switched on; `gifts` what a claim may give. `_rules` is the table."""

    name: str = ""
    enabled: bool = True
    has_secret: bool = False
    fields: dict[str, str] = {}
    on: list[str] = []
    addresses: list[Choice] = []
    rules: list[RuleView] = []
    gifts: list[Choice] = []
    error: str = ""
    filled: int = 0
    _id: str = ""
    _rules: list[Mapping] = []

    @rx.event
    async def load(self) -> None:
        """Show the provider that the address names."""
        self._id, self.error = self.router.url.path.rstrip("/").rpartition("/")[2], ""
        async with self._guarded():
            self._show(await providers.get_provider(self.principal, self._id))
            self.gifts = await self._all_gifts()
            self._show_rules(await providers.get_mappings(self.principal, self._id))

    @rx.event
    async def save(self, form: dict[str, Any]) -> EventSpec | None:
        """Store what the form says; an empty secret leaves the one that there is."""
        texts = {name: str(form.get(name, "")).strip() for name in self.fields}
        settings: dict[str, str | bool] = {name: texts[name] for name in TEXTS}
        settings |= {name: bool(form.get(name)) for name in SWITCHES}
        changes: dict[str, Any] = {
            "name": texts["name"],
            "client_id": texts["client_id"],
            "settings": settings,
        }
        if form.get("secret"):
            changes["secret"] = str(form["secret"])
        return await self._change(changes, "is stored. It counts for each session within a minute.")

    @rx.event
    async def switch(self) -> EventSpec | None:
        """Put the provider to use, or out of it."""
        told = "is out of use. Its sessions end within a minute." if self.enabled else "is in use."
        return await self._change({"enabled": not self.enabled}, told)

    @rx.event
    async def add_rule(self, form: dict[str, Any]) -> None:
        """Add a line to the table."""
        rule = _rule(str(form.get("source")), str(form.get("value", "")).strip(), str(form.get("gives")))
        if rule is not None:
            await self._store([*self._rules, rule])

    @rx.event
    async def remove_rule(self, index: int) -> None:
        """Take a line out of the table."""
        await self._store([rule for at, rule in enumerate(self._rules) if at != index])

    async def _change(self, changes: dict[str, Any], told: str) -> EventSpec | None:
        try:
            self._show(await providers.change_provider(self.principal, self._id, changes=changes))
        except Invalid as error:
            self.error = str(error)
            return None
        self.error, self.filled = "", self.filled + 1
        return toast_done(f"{self.name} {told}")

    async def _store(self, rules: list[Mapping]) -> None:
        self._show_rules(await providers.set_mappings(self.principal, self._id, rules))
        self.filled += 1

    def _show(self, found: Provider) -> None:
        settings = found.settings
        self.name, self.enabled, self.has_secret = found.name, found.enabled, found.has_secret
        self.fields = {
            "name": found.name,
            "client_id": found.client_id,
            **{name: str(getattr(settings, name)) for name in TEXTS},
        }
        self.on = [name for name in SWITCHES if getattr(settings, name)]
        self.addresses = [
            Choice(found.issuer, "Issuer"),
            Choice(found.redirect_uri, "Redirect URI"),
            Choice(found.post_logout_redirect_uri, "Post-logout redirect URI"),
            Choice(found.backchannel_logout_uri, "Back-channel logout"),
            Choice(found.frontchannel_logout_uri, "Front-channel logout"),
        ]

    def _show_rules(self, rules: tuple[Mapping, ...]) -> None:
        words = {choice.value: choice.label for choice in self.gifts}
        self._rules = list(rules)
        self.rules = [
            RuleView(SOURCES[rule.source], rule.value, words.get(_gift(rule), "something that is gone"))
            for rule in rules
        ]

    async def _all_gifts(self) -> list[Choice]:
        places = await workspaces.list_workspaces(self.principal, limit=MOST)
        teams = await groups.list_groups(self.principal, limit=MOST)
        return [
            *(
                Choice(f"role:{place.id}:{role}", f"{role.capitalize()} in {place.name}")
                for place in places.items
                for role in Role
            ),
            *(Choice(f"group:{team.id}", f"Member of the group {team.name}") for team in teams.items),
            Choice(_ADMINISTRATOR, "Administrator of the installation"),
        ]


def _gift(rule: Mapping) -> str:
    if rule.administrator:
        return _ADMINISTRATOR
    return f"group:{rule.group_id}" if rule.group_id else f"role:{rule.workspace_id}:{rule.role}"


def _rule(source: str, value: str, gift: str) -> Mapping | None:
    """Return the line that the form says; None when it says nothing."""
    kind, _, rest = gift.partition(":")
    if source not in SOURCES or not value:
        return None
    said: dict[str, Any] = {"source": source, "value": value}
    match kind:
        case "role":
            workspace_id, _, role = rest.rpartition(":")
            return Mapping(**said, workspace_id=workspace_id, role=Role(role))
        case "group":
            return Mapping(**said, group_id=rest)
        case "administrator":
            return Mapping(**said, administrator=True)
        case _:
            return None
