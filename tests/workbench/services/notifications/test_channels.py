"""Where people are told things: whose a channel is, what is kept of it, and what browsers get."""

import base64
import json
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from engine.contracts import Message
from tests.receivers import WebReceiver
from tests.workbench.services.notifications.conftest import Office
from workbench.auth.roles import ONESELF, Action
from workbench.db import notice_channels
from workbench.db import notices as queries
from workbench.db.ids import new_id, now
from workbench.errors import Conflict, Forbidden, Invalid, NotFound
from workbench.services.notifications import channels, late, quiet_hours, reading
from workbench.services.notifications.channel_shapes import ChannelChange, NewChannel
from workbench.services.notifications.outbox import PostgresOutbox
from workbench.services.notifications.quiet_hours import QuietHours
from workbench.services.notifications.web_push import Keys, Subscription

pytestmark = pytest.mark.usefixtures("listed")


class FakeBrowser:
    """A browser's side of Web Push, as RFC 8291 has it: its keys, and how it reads what it gets."""

    def __init__(self, endpoint: str) -> None:
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"
        self.point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        keys = Keys(p256dh=text(self.point), auth=text(self.secret))
        self.subscription = Subscription(endpoint=endpoint, keys=keys)

    def read(self, body: bytes) -> dict[str, str]:
        salt, (_, length) = body[:16], struct.unpack(">IB", body[16:21])
        theirs = body[21 : 21 + length]
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        )
        material = derived(shared, self.secret, b"WebPush: info\0" + self.point + theirs, 32)
        key = derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derived(material, salt, b"Content-Encoding: nonce\0", 12)
        opened = AESGCM(key).decrypt(nonce, body[21 + length :], None)
        assert opened.endswith(b"\x02")
        found: dict[str, str] = json.loads(opened[:-1])
        return found


def derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(coded: str) -> bytes:
    return base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))


def new(name: str = "Hook", address: str = "json://127.0.0.1:1/s3cr3t") -> NewChannel:
    return NewChannel(name=name, address=SecretStr(address))


async def test_a_browser_reads_what_it_is_pushed_and_knows_who_sends(
    office: Office, web: WebReceiver
) -> None:
    browser = FakeBrowser(f"http://127.0.0.1:{web.port}/push/1")
    await channels.subscribe_browser(office.bob, browser.subscription, name="Firefox")
    task = await office.ask(office.bob.id)
    await office.deliver()
    [got] = web.got
    told = browser.read(got.body)
    assert told["title"] == "Decision asked: Pay 5?"
    assert "/open?link=" in told["href"]
    assert b"Pay" not in got.body
    token, _, key = got.headers["Authorization"].removeprefix("vapid t=").partition(", k=")
    head, claims, signature = token.split(".")
    assert key == await channels.browser_key(office.bob)
    assert json.loads(raw(claims))["aud"] == f"http://127.0.0.1:{web.port}"
    signed = raw(signature)
    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(key))
    both = utils.encode_dss_signature(int.from_bytes(signed[:32]), int.from_bytes(signed[32:]))
    ours.verify(both, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert [one.status for one in await reading.deliveries_of(office.ada, task.id)] == ["sent"]


async def test_a_subscription_that_was_taken_back_is_switched_off(office: Office, web: WebReceiver) -> None:
    web.status = 410
    browser = FakeBrowser(f"http://127.0.0.1:{web.port}/push/1")
    await channels.subscribe_browser(office.bob, browser.subscription, name="Firefox")
    await office.ask(office.bob.id)
    await office.deliver()
    [push] = [one for one in await channels.list_channels(office.bob) if one.kind == "push"]
    assert (push.enabled, push.why) == (False, "The browser has taken its subscription back")
    await channels.subscribe_browser(office.bob, browser.subscription, name="Firefox")
    assert [one.enabled for one in await channels.list_channels(office.bob) if one.kind == "push"] == [True]


@pytest.mark.parametrize("keys", [{"p256dh": "", "auth": ""}, {"p256dh": "AAAA", "auth": "AAAA"}])
async def test_keys_that_are_none_are_refused(office: Office, keys: dict[str, str]) -> None:
    subscription = Subscription(endpoint="https://push.example.org/1", keys=Keys(**keys))
    with pytest.raises(Invalid):
        await channels.subscribe_browser(office.bob, subscription, name="Firefox")


async def test_a_test_says_what_came_of_it(office: Office, web: WebReceiver) -> None:
    good = await channels.add_channel(office.bob, new("Good", web.address))
    bad = await channels.add_channel(office.bob, new("Bad"))
    assert (await channels.try_channel(office.bob, good.id)).sent
    answer = await channels.try_channel(office.bob, bad.id)
    assert not answer.sent
    assert "s3cr3t" not in answer.message
    assert web.got[0].json["title"] == "Test from the workbench"


async def test_what_is_stored_is_sealed_and_for_its_channel_alone(office: Office) -> None:
    mine, other = [await channels.add_channel(office.bob, new(name)) for name in ("A", "B")]
    async with office.resources.transaction() as session:
        row, swapped = (
            await notice_channels.channel(session, mine.id),
            await notice_channels.channel(session, other.id),
        )
        assert row is not None
        assert swapped is not None
        assert b"s3cr3t" not in (row.sealed or b"")
        row.sealed = swapped.sealed
    assert "cannot be opened" in (await channels.try_channel(office.bob, mine.id)).message


@pytest.mark.parametrize("address", ["file:///etc/passwd", "syslog://", "hello", "json://", "s3cr3t"])
async def test_an_address_that_is_none_is_refused_and_not_repeated(office: Office, address: str) -> None:
    with pytest.raises(Invalid) as refused:
        await channels.add_channel(office.bob, new(address=address))
    assert refused.value.problems[0].field == "address"
    assert "s3cr3t" not in str(refused.value)


Act = Callable[[Office, str], Awaitable[object]]


@pytest.mark.parametrize(
    "act",
    [
        lambda office, id_: channels.change_channel(office.ada, id_, ChannelChange(pace="hourly")),
        lambda office, id_: channels.try_channel(office.ada, id_),
        lambda office, id_: channels.remove_channel(office.ada, id_),
        lambda office, id_: channels.change_workspace_channel(office.ada, id_, ChannelChange(enabled=False)),
        lambda office, id_: channels.remove_workspace_channel(office.ada, id_),
    ],
)
async def test_a_persons_channel_is_nobody_elses(office: Office, act: Act) -> None:
    mine = await channels.add_channel(office.bob, new())
    with pytest.raises(NotFound):
        await act(office, mine.id)


async def test_who_acts_by_a_key_or_as_another_sets_up_nothing(office: Office) -> None:
    key = replace(office.bob, actions=office.bob.actions & ONESELF - {Action.SELF_SECURE})
    with pytest.raises(Forbidden):
        await channels.add_channel(key, new())


async def test_a_workspaces_channels_are_for_its_admins_and_have_names_of_their_own(office: Office) -> None:
    await channels.add_workspace_channel(office.ada, new("Team chat"))
    with pytest.raises(Conflict):
        await channels.add_workspace_channel(office.ada, new("Team chat"))
    with pytest.raises(Forbidden):
        await channels.list_workspace_channels(office.bob)


async def test_a_workspaces_channel_gets_what_is_asked_but_nothing_of_a_narrowed_workflow(
    office: Office, web: WebReceiver
) -> None:
    await channels.add_workspace_channel(office.ada, new("Team chat", web.address))
    await office.ask(office.bob.id)
    async with office.resources.transaction() as session:
        workflow = await session.get_one(queries.WorkflowRow, office.run.workflow_id)
        workflow.narrowed = True
    await office.ask(office.ada.id, node_id="secret", title="Secret")
    await office.deliver()
    assert [got.json["title"] for got in web.got] == ["Decision asked: Pay 5?"]
    assert "/open?link=" not in web.got[0].json["message"]  # a shared message has nobody's own link
    assert (await reading.list_notices(office.bob)).items[0].title == "Pay 5?"


async def test_half_of_a_time_is_no_quiet_hours(office: Office) -> None:
    with pytest.raises(Invalid):
        await quiet_hours.set_quiet_hours(office.bob, QuietHours(begins="20:00"))
    with pytest.raises(ValueError, match="time zone"):
        QuietHours(zone="Moon/Base")


async def test_a_workflows_message_goes_to_people_and_channels_once(office: Office, web: WebReceiver) -> None:
    await channels.add_workspace_channel(office.ada, new("Team chat", web.address))
    message = Message(
        id=new_id(),
        run_id=office.run.id,
        to=(office.bob.id, "starter"),
        channels=("team CHAT",),
        subject="Report @everyone",
        body="**Done**",
    )
    for _ in range(2):
        posted = await PostgresOutbox(office.resources).post(message)
    await office.deliver()
    assert (posted.people, posted.channels) == (2, 1)
    assert [got.json["title"] for got in web.got] == ["Report @\u200beveryone"]
    for person in (office.ada, office.bob):
        assert [one.occasion for one in (await reading.list_notices(person)).items] == ["message"]


async def test_a_message_for_somebody_unknown_is_for_nobody(office: Office) -> None:
    message = Message(id=new_id(), run_id=office.run.id, to=("nobody@example.org",), subject="Hello")
    posted = await PostgresOutbox(office.resources).post(message)
    assert posted.failure is not None
    assert "nobody@example.org" in posted.failure.message


async def test_of_a_pause_people_are_told_once(office: Office) -> None:
    task = await office.ask()
    async with office.resources.transaction() as session:
        await queries.forget_notices(session, f"asked_anybody:{task.id}")
        row = await session.get_one(queries.TaskRow, task.id)
        row.kind = "pause"
    for _ in range(2):
        await late.once(now())
    assert [one.title for one in (await reading.list_notices(office.bob)).items] == ["Pay 5?"]
