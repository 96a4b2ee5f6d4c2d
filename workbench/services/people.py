"""What the people and programs are called whose ids the records keep: for lists, by whom something was done.

Names are kept for a minute: a list asks once for all that it shows, and a row that changes asks for none.
"""

from collections.abc import Iterable
from time import monotonic

from workbench.auth.principal import OWNER
from workbench.db import people as queries
from workbench.services.access import everywhere
from workbench.services.resources import get_resources

KEPT_S = 60.0
MOST_KEPT = 10_000

_known: dict[str, tuple[float, str]] = {}
"""By id: when the name was asked for, and what it was."""


async def learn(ids: Iterable[str]) -> None:
    """Find out what these people and programs are called, as far as that is not known."""
    missing = {id_ for id_ in ids if id_ != OWNER.id and _fresh(id_) is None}
    if not missing:
        return
    with everywhere():  # whoever sees a record may know who made it, also somebody who has left
        found = await get_resources().read(lambda session: queries.names(session, missing))
    if len(_known) >= MOST_KEPT:
        _known.clear()
    _known.update({id_: (monotonic(), found.get(id_, id_)) for id_ in missing})


def name_of(id_: str) -> str:
    """Return what was learnt of an id, else the id: it may be a trigger's, which is readable."""
    return OWNER.name if id_ == OWNER.id else _fresh(id_) or id_


def _fresh(id_: str) -> str | None:
    at, name = _known.get(id_, (0.0, ""))
    return name if name and monotonic() - at < KEPT_S else None
