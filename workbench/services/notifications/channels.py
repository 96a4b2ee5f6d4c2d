"""Where people and workspaces are told things: their channels.

What a channel leads to is sealed and never shown again; who wants to change it sets up another. A person's
own are for the person alone (not for who acts as them, nor for an API key: whoever could add one could read
along); those of a workspace are for its admins.
"""

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from engine.errors import NodeFailed
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import notice_channels
from workbench.db.ids import is_id, new_id, now
from workbench.db.tables import ChannelRow, UserRow
from workbench.errors import Conflict, NotFound
from workbench.services import audit, names, rate_limits
from workbench.services.access import requires
from workbench.services.notifications import web_push
from workbench.services.notifications.channel_shapes import (
    Channel,
    ChannelChange,
    NewChannel,
    Tested,
    shape_of,
    wrong,
)
from workbench.services.notifications.messages import Written
from workbench.services.notifications.occasions import OF_WORKSPACE, WANTED
from workbench.services.notifications.sending import Receiver, Sender, receiver_of, sealed_as
from workbench.services.notifications.telling import email_channel
from workbench.services.notifications.web_push import Subscription
from workbench.services.rate_limits import Limit
from workbench.services.resources import Resources, get_resources
from workbench.services.sealing import SealingKeys

MOST = 20
"""Channels of one person, and of one workspace."""

TESTS = Limit("notification-test", free=10)
"""Test messages of one person: nobody writes to strangers with this."""

TEST_S = 20.0


@requires(Action.SELF)
async def list_channels(principal: Principal) -> tuple[Channel, ...]:
    """Return one's own channels. Who has an e-mail address here has one of that kind from the beginning."""
    resources = get_resources()
    async with resources.transaction() as session:
        found = await notice_channels.channels(session, people=[principal.id])
        account = await session.get(UserRow, principal.id) if is_id(principal.id) else None
        if account and not any(row.kind == "email" for row in found):
            await notice_channels.insert_channel(session, email_channel(principal.id))
            found = await notice_channels.channels(session, people=[principal.id])
    return tuple(shape_of(resources, row, account) for row in found)


@requires(Action.SELF_SECURE)
async def add_channel(principal: Principal, new: NewChannel) -> Channel:
    """Set up a channel of one's own. Raises Invalid for an address that is none, Conflict for too many."""
    if new.kind == "email" and get_resources().settings.mode == "team":
        raise wrong("kind", "E-mail goes to the address of your account; write others as mailto://….")
    return await _add(principal, new, user_id=principal.id, workspace_id=None)


@requires(Action.SELF_SECURE)
async def change_channel(principal: Principal, channel_id: str, change: ChannelChange) -> Channel:
    """Change what a channel of one's own gets, and when. Raises NotFound."""
    async with get_resources().transaction() as session:
        row = await _own(session, channel_id, user_id=principal.id)
        account = await session.get(UserRow, principal.id) if is_id(principal.id) else None
        return _changed(row, change, account)


@requires(Action.SELF_SECURE)
async def remove_channel(principal: Principal, channel_id: str) -> None:
    """Forget a channel of one's own, and what is on its way to it. Raises NotFound; Conflict for an account's
    e-mail, which is switched off instead.
    """
    async with get_resources().transaction() as session:
        row = await _own(session, channel_id, user_id=principal.id)
        if row.kind == "email" and row.sealed is None:
            raise Conflict("This is the e-mail of your account; switch it off instead.")
        await notice_channels.forget_channel(session, row.id)
        await _record(session, principal, "channel-removed", row)


@requires(Action.SELF_SECURE)
async def try_channel(principal: Principal, channel_id: str) -> Tested:
    """Send a message to a channel of one's own now, and say what came of it. Raises NotFound, TooMany."""
    async with get_resources().transaction() as session:
        row = await _own(session, channel_id, user_id=principal.id)
        account = await session.get(UserRow, principal.id) if is_id(principal.id) else None
    return await _test(principal, row, email=account.email if account else "")


@requires(Action.NOTIFICATIONS_MANAGE)
async def list_workspace_channels(principal: Principal) -> tuple[Channel, ...]:
    """Return the channels of the workspace."""
    resources = get_resources()
    found = await resources.read(
        lambda session: notice_channels.channels(session, workspace_id=principal.workspace)
    )
    return tuple(shape_of(resources, row, None) for row in found)


@requires(Action.NOTIFICATIONS_MANAGE)
async def add_workspace_channel(principal: Principal, new: NewChannel) -> Channel:
    """Set up a channel of the workspace. Raises Invalid, or Conflict for too many or a name that is taken."""
    if new.kind == "email":
        raise wrong("kind", "Write the address of a workspace's mail as mailto://….")
    return await _add(principal, new, user_id=None, workspace_id=principal.workspace)


@requires(Action.NOTIFICATIONS_MANAGE)
async def change_workspace_channel(principal: Principal, channel_id: str, change: ChannelChange) -> Channel:
    """Change what a channel of the workspace gets, and when. Raises NotFound."""
    async with get_resources().transaction() as session:
        row = await _own(session, channel_id, workspace_id=principal.workspace)
        if change.occasions and change.occasions - OF_WORKSPACE.keys():
            raise wrong("occasions", "A channel of a workspace does not get what is a person's own.")
        return _changed(row, change, None)


@requires(Action.NOTIFICATIONS_MANAGE)
async def remove_workspace_channel(principal: Principal, channel_id: str) -> None:
    """Forget a channel of the workspace, and what is on its way to it. Raises NotFound."""
    async with get_resources().transaction() as session:
        row = await _own(session, channel_id, workspace_id=principal.workspace)
        await notice_channels.forget_channel(session, row.id)
        await _record(session, principal, "channel-removed", row)


@requires(Action.NOTIFICATIONS_MANAGE)
async def try_workspace_channel(principal: Principal, channel_id: str) -> Tested:
    """Send a message to a channel of the workspace now, and say what came of it. Raises NotFound, TooMany."""
    async with get_resources().transaction() as session:
        row = await _own(session, channel_id, workspace_id=principal.workspace)
    return await _test(principal, row, email="")


@requires(Action.SELF_SECURE)
async def subscribe_browser(principal: Principal, subscription: Subscription, *, name: str) -> Channel:
    """Tell this browser by Web Push from now on; one that is known gets its new subscription.

    Raises Invalid for a subscription for which nothing can be encrypted.
    """
    if not web_push.usable(subscription):
        raise wrong("keys", "The browser's keys are none that something can be encrypted for.")
    resources = get_resources()
    name, text = names.clean(name, "a browser"), subscription.model_dump_json()
    async with resources.transaction() as session:
        mine = await notice_channels.channels(session, people=[principal.id])
        known = next((row for row in mine if row.kind == "push" and row.name == name), None)
        if known is None:
            _require_few(mine)
        row = known or _row(principal, user_id=principal.id, workspace_id=None, kind="push", name=name)
        row.service, row.shown, row.enabled, row.why = "Browser", "", True, None
        row.sealed, row.key_id = SealingKeys.of(resources.settings).seal(sealed_as(row.id), text)
        session.add(row)
        await _record(session, principal, "channel-added", row)
    return shape_of(resources, row, None)


@requires(Action.SELF)
async def browser_key(principal: Principal) -> str:
    """Return the public key with which a browser subscribes: `applicationServerKey`, base64url."""
    return web_push.public_key(web_push.signing_key(SealingKeys.of(get_resources().settings)))


async def _add(
    principal: Principal, new: NewChannel, *, user_id: str | None, workspace_id: str | None
) -> Channel:
    resources = get_resources()
    name, address = names.clean(new.name, "a channel"), new.address.get_secret_value().strip()
    row = _row(principal, user_id=user_id, workspace_id=workspace_id, kind=new.kind, name=name)
    row.service, row.shown = await _described(resources, new.kind, address)
    row.sealed, row.key_id = SealingKeys.of(resources.settings).seal(sealed_as(row.id), address)
    try:
        async with resources.transaction() as session:
            people = [user_id] if user_id else []
            _require_few(await notice_channels.channels(session, people=people, workspace_id=workspace_id))
            session.add(row)
            await session.flush()
            await _record(session, principal, "channel-added", row)
    except IntegrityError as error:
        raise Conflict(f"There is a channel “{name}” already.") from error
    return shape_of(resources, row, None)


async def _described(resources: Resources, kind: str, address: str) -> tuple[str, str]:
    """Return the service of an address and what may be shown of it. Raises Invalid, without the address."""
    if kind == "email":
        if not 3 <= len(address) <= 320 or "@" not in address or not address.isprintable() or " " in address:
            raise wrong("address", "This is no e-mail address.")
        return "E-mail", address
    try:
        found = await Sender(resources.settings).describe(address)
    except NodeFailed as error:
        raise wrong("address", error.failure.message, error.failure.hint) from None
    return found.service, found.shown


def _row(
    principal: Principal, *, user_id: str | None, workspace_id: str | None, kind: str, name: str
) -> ChannelRow:
    return ChannelRow(
        id=new_id(),
        user_id=user_id,
        workspace_id=workspace_id,
        kind=kind,
        name=name,
        service="",
        shown="",
        occasions=list(WANTED["workspace" if workspace_id else kind]),
        created_by=principal.id,
        created_at=now(),
    )


def _require_few(rows: Sequence[ChannelRow]) -> None:
    if len(rows) >= MOST:
        raise Conflict(f"There are {MOST} channels already; remove one first.")


async def _own(
    session: AsyncSession, channel_id: str, *, user_id: str | None = None, workspace_id: str | None = None
) -> ChannelRow:
    """Return a channel of that person or workspace: rows of channels are not filtered by workspace."""
    row = await notice_channels.channel(session, channel_id, lock=True) if is_id(channel_id) else None
    if row is None or (row.user_id, row.workspace_id) != (user_id, workspace_id):
        raise NotFound(f"There is no channel {channel_id[:64]!r}.")
    return row


def _changed(row: ChannelRow, change: ChannelChange, account: UserRow | None) -> Channel:
    if change.name is not None:
        row.name = names.clean(change.name, "a channel")
    if change.occasions is not None:
        row.occasions = sorted(change.occasions)
    row.pace = change.pace or row.pace
    row.daily_at = change.daily_at or row.daily_at
    row.enabled = row.enabled if change.enabled is None else change.enabled
    return shape_of(get_resources(), row, account)


async def _test(principal: Principal, row: ChannelRow, *, email: str) -> Tested:
    await rate_limits.count(TESTS, principal.id)
    settings = get_resources().settings
    message = Written("Test from the workbench", f"{principal.name} asked for this message. **It works.**")
    try:
        receiver: Receiver = receiver_of(settings, row, email=email)
        await Sender(settings, seconds=TEST_S).send(receiver, message, link=settings.origin)
    except NodeFailed as error:
        said = f"{error.failure.message}. {error.failure.hint}".strip()
        await _note(row.id, why=error.failure.message)
        return Tested(sent=False, message=said)
    await _note(row.id, why=None)
    return Tested(sent=True, message="The receiver took the message.")


async def _note(channel_id: str, *, why: str | None) -> None:
    async with get_resources().transaction() as session:
        if row := await notice_channels.channel(session, channel_id, lock=True):
            row.why = why
            row.sent_at, row.failed_at = (row.sent_at, now()) if why else (now(), None)


async def _record(session: AsyncSession, principal: Principal, action: str, row: ChannelRow) -> None:
    detail = {"name": row.name, "service": row.service, "of": "workspace" if row.workspace_id else "person"}
    await audit.record(
        session, principal, action, target=f"channel:{row.id}", detail=detail, workspace_id=row.workspace_id
    )
