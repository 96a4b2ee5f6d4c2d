"""The triggers of the workflow that is edited, as the inspector shows them."""

from collections.abc import Sequence

from engine.graph import Document
from workbench.services import workflows
from workbench.services.triggers import states
from workbench.services.triggers.states import TriggerState
from workbench.settings import get_settings
from workbench.state.base import AppState
from workbench.state.trigger_views import TriggerCard, cards
from workbench.state.views import Choice, ProblemView

MOST_WORKFLOWS = 200


class TriggersState(AppState):
    """`cards` join the draft with what is known of the live version; `rotating` is asked about."""

    cards: list[TriggerCard] = []
    rotating: str = ""
    _states: dict[str, TriggerState] = {}
    _workflows: list[Choice] = []

    async def _reload(self, workflow_id: str) -> None:
        """Find out what became of the triggers; `_show` draws it."""
        found = await states.list_triggers(self.principal, workflow_id)
        self._states = {state.id: state for state in found}
        if any(state.type == "workflow_end" for state in found):
            page = await workflows.list_workflows(self.principal, limit=MOST_WORKFLOWS)
            self._workflows = [Choice(flow.id, flow.name) for flow in page.items if flow.id != workflow_id]

    def _show(self, document: Document, problems: Sequence[ProblemView]) -> None:
        known, workflows = self.get_value("_states"), self.get_value("_workflows")
        self.cards = cards(document, problems, known, workflows, base=get_settings().url)
