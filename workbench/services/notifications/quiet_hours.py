"""The hours in which a person is told nothing: messages wait until they are over."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import notice_channels
from workbench.db.tables import QuietRow
from workbench.services.access import requires
from workbench.services.notifications.channel_shapes import TimeOfDay, wrong
from workbench.services.resources import get_resources


def _known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("There is no such time zone; write it as Europe/Berlin") from error
    return zone


class QuietHours(BaseModel):
    """When one is told nothing: from `begins` to `ends` (HH:MM, both or none), at `weekends`, in `zone`."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"zone": "Europe/Berlin", "begins": "20:00", "ends": "07:30", "weekends": True}]
        },
    )

    zone: Annotated[str, Field(max_length=64), AfterValidator(_known_zone)] = "UTC"
    begins: TimeOfDay | None = None
    ends: TimeOfDay | None = None
    weekends: bool = False


@requires(Action.SELF)
async def get_quiet_hours(principal: Principal) -> QuietHours:
    """Return when one is told nothing."""
    found = await get_resources().read(lambda session: notice_channels.quiet(session, [principal.id]))
    row = found.get(principal.id)
    return QuietHours.model_validate(row.model_dump(exclude={"subject_id"})) if row else QuietHours()


@requires(Action.SELF)
async def set_quiet_hours(principal: Principal, hours: QuietHours) -> QuietHours:
    """Be told nothing at these times: it waits until they are over. Raises Invalid for half of a time."""
    if (hours.begins is None) != (hours.ends is None):
        raise wrong(
            "ends" if hours.begins else "begins", "Say both when quiet hours begin and when they end."
        )
    async with get_resources().transaction() as session:
        await notice_channels.put_quiet(session, QuietRow(subject_id=principal.id, **hours.model_dump()))
    return hours
