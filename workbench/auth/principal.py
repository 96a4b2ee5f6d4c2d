"""Who is calling. Every service takes a Principal first; nobody acts without one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workbench.auth.roles import EVERYTHING, Action, refusal
from workbench.errors import Forbidden

NOWHERE = (
    "You are signed in, but have no role in any workspace yet. "
    "Ask an administrator of this workbench for one, then try again."
)

DEFAULT_WORKSPACE = "default"
"""The workspace that every installation has from its first start; a single user's only one."""

Kind = Literal["person", "service", "system"]


@dataclass(frozen=True)
class Principal:
    """A person or program on whose behalf something happens, and the workspace in which it does.

    `id` is stable and is what records keep. `groups` are the ids of a person's groups. `impersonator` is the
    administrator who acts as this person, `key` the API key by which it acts. A `system` principal is the
    workbench itself: a trigger that fires.
    `workspace` is empty for somebody who belongs to none: they see no rows. `workspaces` are the names of
    all in which these credentials let them act, by their ids, the oldest first; whoever needs no credentials
    names none.
    """

    id: str
    name: str
    workspace: str = DEFAULT_WORKSPACE
    actions: frozenset[Action] = frozenset()
    groups: frozenset[str] = frozenset()
    kind: Kind = "person"
    administrator: bool = False
    impersonator: str | None = None
    impersonator_name: str = ""
    key: str | None = None
    workspaces: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def may(self, action: Action) -> bool:
        """Return whether this principal may do `action` in its workspace."""
        return action in self.actions

    def require(self, action: Action) -> None:
        """Raise Forbidden unless this principal may do `action`."""
        if not self.may(action):
            told = refusal(action, by_key=self.key is not None) if self.workspace else NOWHERE
            raise Forbidden(action, told)


OWNER = Principal(id="owner", name="Owner", actions=EVERYTHING, administrator=True)
"""The owner of the data directory: the one principal of single-user mode."""


def system(workspace: str, *, name: str) -> Principal:
    """Return the workbench acting by itself in a workspace, as `name` (a trigger), which records keep."""
    return Principal(id=name, name=name, workspace=workspace, actions=EVERYTHING, kind="system")
