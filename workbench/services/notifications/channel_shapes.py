"""What is told of a channel, and what is said to set one up or change it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from engine.errors import Problem
from workbench.db.tables import ChannelRow, UserRow
from workbench.errors import Invalid
from workbench.services.notifications.occasions import Occasion
from workbench.services.notifications.timing import Pace
from workbench.services.resources import Resources
from workbench.services.shapes import Shape

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Channel(Shape):
    """A way to be told things. `shown` is as much of what it leads to as may be seen.

    `why` is what the last message failed of, where it did. E-mail is `usable` where there is a mail server;
    that of one's account is not `removable`, but can be switched off.
    """

    id: str
    kind: Literal["email", "address", "push"]
    name: str
    service: str
    shown: str
    occasions: tuple[Occasion, ...]
    pace: Pace
    daily_at: str
    enabled: bool
    usable: bool
    removable: bool
    created_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    why: str | None


class NewChannel(BaseModel):
    """A channel to be set up: an apprise address, or for `email` (a single user's) whom to write to."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"name": "Team chat", "address": "slack://TokenA/TokenB/TokenC/#approvals"}]
        },
    )

    name: str = Field(min_length=1, max_length=120)
    address: SecretStr = Field(max_length=2_000)
    kind: Literal["email", "address"] = "address"


class ChannelChange(BaseModel):
    """What shall be different about a channel; what is left out stays as it is."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"occasions": ["asked", "escalated"], "pace": "hourly"}]},
    )

    name: str | None = Field(default=None, min_length=1, max_length=120)
    occasions: frozenset[Occasion] | None = None
    pace: Pace | None = None
    daily_at: TimeOfDay | None = None
    enabled: bool | None = None


class Tested(Shape):
    """What came of a test message."""

    sent: bool
    message: str


def shape_of(resources: Resources, row: ChannelRow, account: UserRow | None) -> Channel:
    values = {name: getattr(row, name) for name in Channel.model_fields if hasattr(row, name)}
    if row.kind == "email" and account is not None and row.sealed is None:
        values["shown"] = account.email
    usable = row.kind != "email" or resources.settings.mail_server is not None
    of_account = row.kind == "email" and row.sealed is None
    return Channel.model_validate({**values, "usable": usable, "removable": not of_account})


def wrong(field: str, message: str, hint: str = "") -> Invalid:
    problem = Problem(code=f"bad-{field}", field=field, message=message, hint=hint)
    return Invalid(message, (problem,))
