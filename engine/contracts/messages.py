"""What a workflow tells people without asking them anything."""

from engine.contracts.base import Frozen
from engine.errors import Failure


class Message(Frozen):
    """What the node `notify` sends: to people and groups by name, and to channels of the workspace by name.

    `id` tells a message that is repeated from a new one. `body` is Markdown.
    """

    id: str
    run_id: str
    to: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    subject: str
    body: str = ""


class Posted(Frozen):
    """How many people and channels a message is for; with a `failure` it is for none."""

    people: int = 0
    channels: int = 0
    failure: Failure | None = None
