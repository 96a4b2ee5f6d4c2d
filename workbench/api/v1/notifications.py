"""`/notifications`: what one was told, where one wants to be told things, and when not."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Limit
from workbench.services.notifications import channels, links, quiet_hours, reading
from workbench.services.notifications.channel_shapes import Channel, ChannelChange, NewChannel, Tested
from workbench.services.notifications.links import Followed
from workbench.services.notifications.quiet_hours import QuietHours
from workbench.services.notifications.reading import Notices, TaskDelivery
from workbench.services.notifications.web_push import Subscription

router = APIRouter(prefix="/notifications", tags=["notifications"])
task_router = APIRouter(prefix="/hitl/tasks", tags=["inbox"])


class Read(BaseModel):
    """What one has read: these notices or, without `ids`, all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"ids": ["0199e3a5-0000-7000-8000-000000000000"]}]},
    )

    ids: list[Annotated[str, Field(max_length=36)]] | None = Field(default=None, max_length=200)


class Browser(BaseModel):
    """A browser that took a subscription: as `PushSubscription.toJSON()` has it, and a name to know it by."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "Firefox on Linux",
                    "subscription": {
                        "endpoint": "https://push.example.org/send/1",
                        "keys": {"p256dh": "BCVxsr7N…", "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
                    },
                }
            ]
        },
    )

    name: str = Field(min_length=1, max_length=120)
    subscription: Subscription


class BrowserKey(BaseModel):
    """The key with which a browser subscribes."""

    application_server_key: str


class Link(BaseModel):
    """The token of a link in a message."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"link": "AQGZ46UA…"}]})

    link: str = Field(max_length=500)


@router.get("", summary="List what one was told in the workspace, the latest first")
async def list_notices(
    principal: CurrentPrincipal,
    unread: bool = False,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> Notices:
    """With how many are unread, up to a hundred."""
    return await reading.list_notices(principal, unread=unread, limit=limit, cursor=cursor)


@router.post("/read", status_code=204, summary="Say what one has read")
async def mark_read(principal: CurrentPrincipal, body: Read) -> None:
    """What was read is not sent any more."""
    await reading.mark_read(principal, body.ids)


@router.post("/links", summary="Follow the link of a message")
async def follow(principal: CurrentPrincipal, body: Link) -> Followed:
    """Where it leads, or why it does not: somebody else's, expired, used. It decides nothing."""
    return await links.follow(principal, body.link)


@router.get("/quiet-hours", summary="Read one's quiet hours")
async def get_quiet_hours(principal: CurrentPrincipal) -> QuietHours:
    """When one is told nothing."""
    return await quiet_hours.get_quiet_hours(principal)


@router.put("/quiet-hours", summary="Set one's quiet hours")
async def set_quiet_hours(principal: CurrentPrincipal, body: QuietHours) -> QuietHours:
    """What happens in them is told when they are over."""
    return await quiet_hours.set_quiet_hours(principal, body)


@router.get("/browser-key", summary="Read the key with which a browser subscribes")
async def browser_key(principal: CurrentPrincipal) -> BrowserKey:
    """For `PushManager.subscribe`."""
    return BrowserKey(application_server_key=await channels.browser_key(principal))


@router.put("/browsers", summary="Be told in a browser by Web Push")
async def subscribe(principal: CurrentPrincipal, body: Browser) -> Channel:
    """A browser of a known name gets its new subscription. 403 for who acts as somebody else or by a key."""
    return await channels.subscribe_browser(principal, body.subscription, name=body.name)


@router.get("/channels", summary="List one's own channels")
async def list_channels(principal: CurrentPrincipal) -> tuple[Channel, ...]:
    """Without what they lead to."""
    return await channels.list_channels(principal)


@router.post("/channels", status_code=201, summary="Set up a channel of one's own")
async def add_channel(principal: CurrentPrincipal, body: NewChannel) -> Channel:
    """An apprise address; it is sealed, and never given back."""
    return await channels.add_channel(principal, body)


@router.patch("/channels/{own_channel_id}", summary="Change a channel of one's own")
async def change_channel(principal: CurrentPrincipal, own_channel_id: str, body: ChannelChange) -> Channel:
    """What it gets, and when."""
    return await channels.change_channel(principal, own_channel_id, body)


@router.delete("/channels/{own_channel_id}", status_code=204, summary="Remove a channel of one's own")
async def remove_channel(principal: CurrentPrincipal, own_channel_id: str) -> None:
    """With what is on its way to it."""
    await channels.remove_channel(principal, own_channel_id)


@router.post("/channels/{own_channel_id}/test", summary="Send a test to a channel of one's own")
async def try_channel(principal: CurrentPrincipal, own_channel_id: str) -> Tested:
    """At once; says what came of it."""
    return await channels.try_channel(principal, own_channel_id)


@router.get("/workspace-channels", summary="List the channels of the workspace")
async def list_workspace_channels(principal: CurrentPrincipal) -> tuple[Channel, ...]:
    """For admins; without what they lead to."""
    return await channels.list_workspace_channels(principal)


@router.post("/workspace-channels", status_code=201, summary="Set up a channel of the workspace")
async def add_workspace_channel(principal: CurrentPrincipal, body: NewChannel) -> Channel:
    """Steps `notify` name it by its name."""
    return await channels.add_workspace_channel(principal, body)


@router.patch("/workspace-channels/{channel_id}", summary="Change a channel of the workspace")
async def change_workspace_channel(
    principal: CurrentPrincipal, channel_id: str, body: ChannelChange
) -> Channel:
    """What it gets, and when."""
    return await channels.change_workspace_channel(principal, channel_id, body)


@router.delete(
    "/workspace-channels/{channel_id}", status_code=204, summary="Remove a channel of the workspace"
)
async def remove_workspace_channel(principal: CurrentPrincipal, channel_id: str) -> None:
    """With what is on its way to it."""
    await channels.remove_workspace_channel(principal, channel_id)


@router.post("/workspace-channels/{channel_id}/test", summary="Send a test to a channel of the workspace")
async def try_workspace_channel(principal: CurrentPrincipal, channel_id: str) -> Tested:
    """At once; says what came of it."""
    return await channels.try_workspace_channel(principal, channel_id)


@task_router.get("/{task_id}/deliveries", summary="See how people were told about a task")
async def deliveries_of(principal: CurrentPrincipal, task_id: str) -> tuple[TaskDelivery, ...]:
    """Sent, waiting, tried again, given up or dropped, and why."""
    return await reading.deliveries_of(principal, task_id)
