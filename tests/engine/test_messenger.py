"""Messages by apprise: sent for real, and kept from where they may not go."""

from collections.abc import Iterator

import pytest

from engine.errors import NodeFailed
from engine.outbound import Messenger, OutboundPolicy
from tests.receivers import MailReceiver, WebReceiver, text_of


@pytest.fixture
def web() -> Iterator[WebReceiver]:
    receiver = WebReceiver()
    yield receiver
    receiver.close()


async def refused(messenger: Messenger, address: str) -> str:
    with pytest.raises(NodeFailed) as failed:
        await messenger.send(address, title="Pay 5?", body="Please")
    assert "s3cr3t" not in str(failed.value.failure)
    return failed.value.failure.kind


async def test_a_message_is_sent(web: WebReceiver) -> None:
    await Messenger(OutboundPolicy()).send(web.address, title="Pay 5?", body="**Please**")
    assert (web.got[0].json["title"], web.got[0].json["message"]) == ("Pay 5?", "**Please**")


async def test_mail_is_sent_as_html_in_which_only_our_marks_are_any() -> None:
    mail = MailReceiver()
    host = mail.url.partition("://")[2]
    address = f"mailto://{host}?from=w@example.org&to=ada@example.org&mode=insecure&smtp=127.0.0.1"
    body = "**Please** <img src=x>"
    await Messenger(OutboundPolicy()).send(address, title="Pay 5?", body=body)
    mail.close()
    assert (mail.got[0]["Subject"], mail.got[0]["To"]) == ("Pay 5?", "ada@example.org")
    assert "<strong>Please</strong> &lt;img" in text_of(mail.got[0])


async def test_what_may_be_shown_of_an_address_is_no_secret(web: WebReceiver) -> None:
    found = await Messenger(OutboundPolicy()).describe(web.address)
    assert (found.service, found.shown) == ("Webhook (JSON)", f"json://127.0.0.1:{web.port}")
    slack = await Messenger(OutboundPolicy()).describe("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    assert slack.service == "Slack"
    assert "T1JJ3T3L2" not in slack.shown
    assert web.got == []


@pytest.mark.parametrize(
    "address", ["", "hello", "file:///etc/passwd", "syslog://", "dbus://", "windows://", "json://", "x://y"]
)
async def test_what_is_no_address_of_a_known_service_is_refused(address: str) -> None:
    assert await refused(Messenger(OutboundPolicy()), address) == "message.bad-address"


async def test_metadata_addresses_are_refused_at_once_and_behind_a_redirect(web: WebReceiver) -> None:
    messenger = Messenger(OutboundPolicy())
    assert await refused(messenger, "json://169.254.169.254/latest") == "http.refused-address"
    web.elsewhere = "http://169.254.169.254/latest"
    assert await refused(messenger, f"{web.address}?redirect=yes") == "http.refused-address"


async def test_a_team_reaches_private_networks_only_where_they_are_listed(web: WebReceiver) -> None:
    address = web.address.replace("127.0.0.1", "localhost")
    assert await refused(Messenger(OutboundPolicy(allow_private=False)), address) == "http.refused-address"
    listed = OutboundPolicy(allow_private=False, allowed_networks=("127.0.0.0/8", "::1/128"))
    await Messenger(listed).send(address, title="Pay 5?", body="Please")
    assert len(web.got) == 1


async def test_our_own_services_are_refused_by_any_name(web: WebReceiver) -> None:
    policy = OutboundPolicy(services=frozenset({("127.0.0.1", web.port)}))
    address = web.address.replace("127.0.0.1", "localhost")
    assert await refused(Messenger(policy), address) == "http.refused-address"


async def test_no_file_of_the_machine_is_read_into_a_message(web: WebReceiver) -> None:
    address = f"workflow://127.0.0.1:{web.port}/w/s3cr3t?template=/etc/passwd"
    assert await refused(Messenger(OutboundPolicy()), address) == "http.refused-address"
    assert web.got == []


async def test_a_receiver_that_fails_is_told_and_may_be_tried_again(web: WebReceiver) -> None:
    web.status = 500
    with pytest.raises(NodeFailed, match="500") as failed:
        await Messenger(OutboundPolicy()).send(web.address, title="Pay 5?", body="Please")
    assert failed.value.retryable


async def test_a_receiver_that_does_not_answer_is_given_up(web: WebReceiver) -> None:
    web.slow_s = 20
    assert await refused(Messenger(OutboundPolicy(), seconds=3), web.address) == "message.timeout"
