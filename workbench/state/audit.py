"""The page of the audit log: its filters, which live in the address, its entries, its verdict."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventSpec

from workbench import routes
from workbench.services import audit_log
from workbench.services.audit_log import Entry, Wanted
from workbench.services.shapes import Page
from workbench.state.base import AppState
from workbench.state.views import iso

PAGE = 50
OUTCOMES = {"done": "Done", "refused": "Refused"}


@dataclass(frozen=True)
class AuditView:
    """An entry in the list. `who` has the administrator behind it, if somebody acted as another."""

    seq: int
    at: str
    who: str
    what: str
    target: str
    refused: bool
    detail: str
    address: str

    @classmethod
    def of(cls, entry: Entry) -> "AuditView":
        """Return the view of `entry`."""
        who = entry.actor_name or entry.actor_id or "Somebody unknown"
        really = (entry.detail or {}).get("really", entry.impersonator)
        return cls(
            seq=entry.seq,
            at=iso(entry.at),
            who=f"{really} as {who}" if entry.impersonator else who,
            what=entry.action,
            target=entry.target,
            refused=entry.outcome == "refused",
            detail=json.dumps(entry.detail, ensure_ascii=False) if entry.detail else "",
            address=entry.address or "",
        )


class AuditState(AppState):
    """`actor`, `action` and `outcome` are the filters, empty for all. `exports` is the address's query.

    `verdict` says in words whether the log is as it was written, once somebody asked.
    """

    rows: list[AuditView] = []
    cursor: str = ""
    actor: str = ""
    action: str = ""
    outcome: str = ""
    exports: str = ""
    everything: bool = False
    verdict: str = ""
    broken: bool = False
    loaded: bool = False

    @rx.event
    async def load(self) -> None:
        """Show the newest entries that the address asks for."""
        asked = self.router.url.query_parameters
        self.actor, self.action = asked.get("actor", ""), asked.get("action", "")
        self.outcome = asked.get("outcome", "") if asked.get("outcome") in OUTCOMES else ""
        self.exports = self._query()
        self.everything, self.verdict = self.principal.administrator, ""
        async with self._guarded():
            page = await self._page()
            self.rows, self.cursor = [AuditView.of(one) for one in page.items], page.next_cursor or ""
            self.loaded = True

    @rx.event
    async def more(self) -> None:
        """Add older entries."""
        page = await self._page(self.cursor)
        self.rows = [*self.rows, *(AuditView.of(one) for one in page.items)]
        self.cursor = page.next_cursor or ""

    @rx.event
    def search(self, form: dict[str, str]) -> EventSpec:
        """Show the entries of an actor and of a kind."""
        self.actor, self.action = form.get("actor", "").strip(), form.get("action", "").strip()
        return self._show()

    @rx.event
    def choose_outcome(self, outcome: str) -> EventSpec:
        """Show what was done, what was refused, or both."""
        self.outcome = outcome
        return self._show()

    @rx.event
    async def verify(self) -> None:
        """Read the whole log and say whether it was altered."""
        found = await audit_log.verify(self.principal)
        self.broken = not found.intact
        if found.intact:
            self.verdict = f"All {found.entries} entries are as they were written. Newest: {found.head[:16]}"
        else:
            self.verdict = f"Entry {found.broken_at} is not as it was written, or one before it is missing."

    def _show(self) -> EventSpec:
        query = self._query()
        return rx.redirect(f"{routes.AUDIT}?{query}" if query else routes.AUDIT)

    def _query(self) -> str:
        given = {"actor": self.actor, "action": self.action, "outcome": self.outcome}
        return urlencode({name: value for name, value in given.items() if value})

    async def _page(self, cursor: str = "") -> Page[Entry]:
        wanted = Wanted(actor=self.actor, action=self.action, outcome=self.outcome)
        return await audit_log.list_entries(self.principal, wanted, limit=PAGE, cursor=cursor or None)
