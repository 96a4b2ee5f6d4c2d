"""What every page shows of who is acting: their name, their workspaces, and what they may do here.

It is manners: a button that would be refused says so before it is pressed. The services refuse anyway.
"""

from dataclasses import dataclass

from workbench.auth.roles import Action
from workbench.services.identity import Caller
from workbench.state.views import Choice

EVERYTHING = sorted(str(action) for action in Action)
"""What is assumed until it is known: nearly everybody is their own owner, and no button should blink."""


@dataclass(frozen=True)
class Sight:
    """`whose` the tab's state is: a person's in a workspace. `who` is empty where nobody signs in."""

    whose: str = ""
    who: str = ""
    workspace: str = ""
    workspaces: tuple[Choice, ...] = ()
    may: tuple[str, ...] = ()
    impersonated: bool = False


NOBODY = Sight()


def sight_of(caller: Caller | None) -> Sight:
    """Return what is to be seen of a caller; `NOBODY` when nobody is calling."""
    if caller is None:
        return NOBODY
    principal, team = caller.principal, caller.session is not None
    return Sight(
        whose=f"{principal.id}:{principal.impersonator or ''}:{principal.workspace}",
        who=principal.name if team else "",
        workspace=principal.workspace,
        workspaces=tuple(Choice(id_, name) for id_, name in principal.workspaces.items() if team),
        may=tuple(sorted(str(action) for action in principal.actions)),
        impersonated=principal.impersonator is not None,
    )
