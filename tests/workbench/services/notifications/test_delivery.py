"""What people are told, brought to real receivers: once, together, later, or not at all."""

import asyncio
from datetime import timedelta

import pytest

from engine.contracts import TaskNote, TaskSettled
from tests.receivers import MailReceiver, WebReceiver, text_of
from tests.workbench.services.notifications.conftest import Office
from workbench.db.ids import now
from workbench.services.notifications import channels, outbox, quiet_hours, reading
from workbench.services.notifications.channel_shapes import ChannelChange
from workbench.services.notifications.quiet_hours import QuietHours
from workbench.services.task_inbox import PostgresInbox
from workbench.services.triggers import following

pytestmark = pytest.mark.usefixtures("listed")


async def test_who_is_asked_gets_a_message_once_with_a_link_of_their_own(
    office: Office, web: WebReceiver
) -> None:
    await office.told(office.bob, web.address)
    await office.ask(office.bob.id)
    await office.ask(office.bob.id)  # an activity that is repeated
    [batch] = await office.deliver()
    assert await office.again(batch) == ""
    assert [got.json["title"] for got in web.got] == ["Decision asked: Pay 5?"]
    assert "/open?link=" in web.got[0].json["message"]


async def test_a_persons_mail_goes_to_the_address_of_their_account(
    office: Office, mail: MailReceiver
) -> None:
    await office.ask(office.bob.id)
    await office.deliver()
    [account] = await channels.list_channels(office.bob)
    assert (mail.got[0]["To"], mail.got[0]["Subject"]) == (account.shown, "Decision asked: Pay 5?")
    assert "Open the task" in text_of(mail.got[0])


async def test_nobody_else_is_told(office: Office, web: WebReceiver) -> None:
    await office.told(office.ada, web.address)
    await office.ask(office.bob.id)
    await office.deliver()
    assert web.got == []
    assert (await reading.list_notices(office.ada)).items == ()
    assert [one.title for one in (await reading.list_notices(office.bob)).items] == ["Pay 5?"]


async def test_what_is_due_together_goes_as_one_message(office: Office, web: WebReceiver) -> None:
    await office.told(office.bob, web.address, pace="hourly")
    for number in range(30):
        await office.ask(office.bob.id, title=f"Pay {number}?", node_id=f"ask{number}")
    assert await office.deliver() == []
    await office.deliver(now() + timedelta(hours=1))
    [got] = web.got
    assert got.json["title"] == "30 notifications from the workbench"
    assert "Pay 0?" in got.json["message"]
    assert "and 10 more" in got.json["message"]


async def test_two_messages_to_one_channel_keep_a_distance(office: Office, web: WebReceiver) -> None:
    await office.told(office.bob, web.address)
    await office.ask(office.bob.id)
    await office.deliver()
    await office.ask(office.bob.id, node_id="second")
    assert await office.deliver() == []
    assert len(await office.deliver(now() + outbox.GAP)) == 1


async def test_in_quiet_hours_nothing_is_sent_until_they_are_over(office: Office, web: WebReceiver) -> None:
    await office.told(office.bob, web.address)
    begins = now() - timedelta(hours=1)
    quiet = QuietHours(begins=f"{begins:%H:%M}", ends=f"{begins + timedelta(hours=3):%H:%M}")
    await quiet_hours.set_quiet_hours(office.bob, quiet)
    await office.ask(office.bob.id)
    assert await office.deliver() == []
    assert await office.deliver(now() + timedelta(hours=1)) == []
    assert len(await office.deliver(now() + timedelta(hours=2))) == 1


async def test_quiet_hours_set_later_hold_for_what_waits(office: Office, web: WebReceiver) -> None:
    await office.told(office.bob, web.address)
    await office.ask(office.bob.id)
    begins = now() - timedelta(hours=1)
    quiet = QuietHours(begins=f"{begins:%H:%M}", ends=f"{begins + timedelta(hours=3):%H:%M}")
    await quiet_hours.set_quiet_hours(office.bob, quiet)
    assert await office.deliver() == []


async def test_what_is_over_is_not_sent_any_more(office: Office, web: WebReceiver) -> None:
    await office.told(office.bob, web.address)
    task = await office.ask(office.bob.id)
    settled = TaskSettled(run_id=office.run.id, node_id="ask", outcome="approve", at=now())
    await PostgresInbox(office.resources).settle(settled)
    await office.deliver()
    [told] = await reading.deliveries_of(office.ada, task.id)
    assert (web.got, told.status, told.why) == ([], "dropped", "The task was over before this was sent")


async def test_who_started_the_run_hears_of_its_decision_and_of_its_expiry(office: Office) -> None:
    await office.ask(office.bob.id)
    for outcome, node in (("approve", "ask"), ("timeout", "late")):
        await office.ask(office.bob.id, node_id=node)
        settled = TaskSettled(run_id=office.run.id, node_id=node, outcome=outcome, at=now())
        await PostgresInbox(office.resources).settle(settled)
    assert [one.occasion for one in (await reading.list_notices(office.ada)).items] == ["expired", "decided"]


async def test_those_to_whom_it_is_escalated_are_told(office: Office) -> None:
    await office.ask(office.bob.id, escalate_to=(office.ada.id,))
    note = TaskNote(run_id=office.run.id, node_id="ask", what="escalated", at=now())
    await PostgresInbox(office.resources).note(note)
    assert [one.occasion for one in (await reading.list_notices(office.ada)).items] == ["escalated"]


async def test_a_receiver_that_is_down_is_tried_again_and_delays_nobody(
    office: Office, web: WebReceiver
) -> None:
    down, up = WebReceiver(status=500), web
    broken = await office.told(office.bob, down.address)
    await office.told(office.ada, up.address)
    task = await office.ask(office.bob.id, office.ada.id)
    batches = await office.deliver()
    assert len(up.got) == 1
    shown = {one.to: one.status for one in await reading.deliveries_of(office.ada, task.id)}
    assert shown == {"Ada": "sent", "Bob": "retrying"}
    [channel] = [one for one in await channels.list_channels(office.bob) if one.id == broken.id]
    assert "500" in (channel.why or "")
    down.status = 200
    for batch in batches:
        await office.again(batch)
    assert {one.status for one in await reading.deliveries_of(office.ada, task.id)} == {"sent"}
    down.close()


async def test_a_message_is_given_up_after_many_tries(office: Office) -> None:
    down = WebReceiver(status=500)
    await office.told(office.bob, down.address)
    task = await office.ask(office.bob.id)
    [batch] = await outbox.take(now())
    async with office.resources.transaction() as session:
        for delivery, _ in await outbox.queries.batch(session, batch):
            delivery.attempts = outbox.ATTEMPTS - 1
    assert await office.again(batch) == ""
    [told] = await reading.deliveries_of(office.ada, task.id)
    assert (told.status, told.attempts) == ("failed", outbox.ATTEMPTS)
    down.close()


async def test_a_receiver_that_leads_to_metadata_is_refused_for_good(
    office: Office, web: WebReceiver
) -> None:
    web.elsewhere = "http://169.254.169.254/latest"
    await office.told(office.bob, web.address + "?redirect=yes")
    task = await office.ask(office.bob.id)
    await office.deliver()
    [told] = await reading.deliveries_of(office.ada, task.id)
    assert (told.status, "metadata" in (told.why or "")) == ("failed", True)


async def test_who_left_the_workspace_is_told_nothing_any_more(office: Office, web: WebReceiver) -> None:
    await office.told(office.bob, web.address)
    task = await office.ask(office.bob.id)
    async with office.resources.transaction() as session:
        bob = await session.get_one(outbox.UserRow, office.bob.id)
        bob.disabled_at = now()
    await office.deliver()
    [told] = await reading.deliveries_of(office.ada, task.id)
    assert (web.got, told.status) == ([], "dropped")


async def test_a_channel_switched_off_gets_nothing(office: Office, web: WebReceiver) -> None:
    channel = await office.told(office.bob, web.address)
    await office.ask(office.bob.id)
    await channels.change_channel(office.bob, channel.id, ChannelChange(enabled=False))
    await office.deliver()
    assert web.got == []


async def test_an_address_is_in_no_log_and_in_no_answer(
    office: Office, web: WebReceiver, capfd: pytest.CaptureFixture[str]
) -> None:
    web.status = 500
    await office.told(office.bob, web.address)
    task = await office.ask(office.bob.id)
    await office.deliver()
    shown = [*await channels.list_channels(office.bob), *await reading.deliveries_of(office.ada, task.id)]
    said = "".join(capfd.readouterr()) + "".join(one.model_dump_json() for one in shown)
    assert "500" in said
    assert "s3cr3t" not in said


async def test_who_started_a_run_hears_that_it_failed(office: Office) -> None:
    async with office.resources.transaction() as session:
        run = await session.get_one(outbox.RunRow, office.run.id)
        run.status, run.finished_at, run.error = (
            "failed",
            now(),
            {"kind": "http.unreachable", "message": "No answer"},
        )
    for _ in range(40):  # others' ends may stand in line before it
        await following.once()
        if found := (await reading.list_notices(office.ada)).items:
            break
    assert [(one.occasion, one.text) for one in found] == [("run_failed", "No answer")]
    assert (await reading.list_notices(office.bob)).items == ()


async def test_what_a_worker_that_died_left_behind_is_sent_by_the_next_one(
    office: Office, web: WebReceiver, worker: None
) -> None:
    await office.told(office.bob, web.address)
    task = await office.ask(office.bob.id)
    await outbox.take(now())  # and here the worker dies: the message is made, its delivery not begun
    later = now() + outbox.SILENCE + timedelta(seconds=1)
    for _ in range(2):
        await outbox.once(later)
    async with asyncio.timeout(60):
        while [one.status for one in await reading.deliveries_of(office.ada, task.id)] != ["sent"]:
            await asyncio.sleep(0.1)
    assert len(web.got) == 1
