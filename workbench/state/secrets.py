"""Secrets on the settings page: names are listed, values only ever go in."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench.auth.roles import Action
from workbench.errors import Invalid
from workbench.services import people, secrets
from workbench.state.base import AppState, toast_done
from workbench.state.views import SecretRow

PAGE = 200


class SecretsState(AppState):
    """`doomed` is the secret a person is asked about; `filled` counts, so that the form empties."""

    rows: list[SecretRow] = []
    cursor: str = ""
    doomed: str = ""
    error: str = ""
    filled: int = 0

    @rx.event
    async def load(self) -> None:
        """List the names."""
        if not self.principal.may(Action.SECRETS_READ):
            return
        async with self._guarded():
            await self._reload()

    @rx.event
    async def more(self) -> None:
        """Add the next page."""
        page = await secrets.list_secrets(self.principal, limit=PAGE, cursor=self.cursor)
        await people.learn(secret.updated_by for secret in page.items)
        self.rows = [*self.rows, *(SecretRow.of(secret) for secret in page.items)]
        self.cursor = page.next_cursor or ""

    @rx.event
    async def put(self, form: dict[str, Any]) -> EventSpec | None:
        """Store a value under a name; an earlier value is replaced."""
        name = str(form.get("name", "")).strip()
        try:
            await secrets.put_secret(self.principal, name=name, value=str(form.get("value", "")))
        except Invalid as error:
            self.error = str(error)
            return None
        self.error, self.filled = "", self.filled + 1
        await self._reload()
        return toast_done(f"{name} is stored. Steps read it as secrets.{name}.")

    @rx.event
    def ask_delete(self, name: str) -> None:
        """Ask before deleting."""
        self.doomed = name

    @rx.event
    def keep(self) -> None:
        """Do not delete."""
        self.doomed = ""

    @rx.event
    async def delete(self) -> EventSpec:
        """Delete the secret that was asked about."""
        name, self.doomed = self.doomed, ""
        await secrets.delete_secret(self.principal, name=name)
        self.rows = [row for row in self.rows if row.name != name]
        return toast_done(f"{name} is deleted.")

    async def _reload(self) -> None:
        page = await secrets.list_secrets(self.principal, limit=PAGE)
        await people.learn(secret.updated_by for secret in page.items)
        self.rows, self.cursor = [SecretRow.of(secret) for secret in page.items], page.next_cursor or ""
