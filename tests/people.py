"""People for tests: each in a workspace of their own, so that they meet nobody by chance."""

from workbench.auth.principal import Principal
from workbench.auth.roles import EVERYTHING, Action
from workbench.db.ids import new_id


def somebody(
    name: str = "Ada", *, workspace: str | None = None, actions: frozenset[Action] = EVERYTHING
) -> Principal:
    """Return a person nobody has met, in a new workspace unless one is given."""
    return Principal(id=new_id(), name=name, workspace=workspace or new_id(), actions=actions)
