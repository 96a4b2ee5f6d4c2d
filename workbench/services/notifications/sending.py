"""Sends a message to a channel, whatever it is: e-mail, an apprise address, a browser."""

from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urlencode, urlsplit

from pydantic import ValidationError

from engine.errors import Failure, NodeFailed
from engine.outbound import Described, Messenger, OutboundClient
from workbench.db.ids import now
from workbench.db.tables import ChannelRow
from workbench.errors import Unavailable
from workbench.services.guarded import outbound_policy
from workbench.services.notifications import web_push
from workbench.services.notifications.messages import Written
from workbench.services.notifications.web_push import Subscription
from workbench.services.sealing import SealingKeys
from workbench.settings import MAIL_PORTS, Settings

PERMANENT = frozenset(
    {"message.bad-address", "http.refused-address", "message.no-mail", "message.gone", "sealed"}
)
"""What trying again does not mend."""

_PUSH_S = 20.0


@dataclass(frozen=True)
class Receiver:
    """A channel with what it leads to, opened; `email` is its person's address."""

    kind: str
    address: str = ""
    key_id: str | None = None
    email: str = ""


def receiver_of(settings: Settings, channel: ChannelRow, *, email: str) -> Receiver:
    """Return where a channel leads. Raises NodeFailed where what is sealed cannot be opened."""
    address = ""
    if channel.sealed is not None and channel.key_id is not None:
        try:
            address = SealingKeys.of(settings).open(sealed_as(channel.id), channel.sealed, channel.key_id)
        except Unavailable:
            message = "The address cannot be opened with the keys that are here; set the channel up again."
            raise NodeFailed(Failure(kind="sealed", message=message)) from None
    return Receiver(channel.kind, address, channel.key_id, email)


def sealed_as(channel_id: str) -> str:
    """Return the name that is sealed in with an address, so that it can be passed off as no other's."""
    return f"channel/{channel_id}"


class Sender:
    """Sends under the installation's policy; the operator's own mail server may be in a private network."""

    def __init__(self, settings: Settings, *, seconds: float | None = None) -> None:
        self._settings = settings
        self._policy = outbound_policy(settings)
        limit = {} if seconds is None else {"seconds": seconds}
        self._messenger = Messenger(self._policy, **limit)
        self._mailer = Messenger(replace(self._policy, allow_private=True), **limit)

    async def describe(self, address: str) -> Described:
        """Return what may be shown of an apprise address; NodeFailed for what is none."""
        return await self._messenger.describe(address)

    async def send(self, receiver: Receiver, message: Written, *, link: str = "") -> None:
        """Send a message; `link` is where a browser's notice leads. Raises NodeFailed, see PERMANENT."""
        match receiver.kind:
            case "push":
                await self._push(receiver, message, link)
            case "email":
                address = mail_address(self._settings, receiver.address or receiver.email)
                await self._mailer.send(address, title=message.title, body=message.body)
            case _:
                await self._messenger.send(receiver.address, title=message.title, body=message.body)

    async def _push(self, receiver: Receiver, message: Written, link: str) -> None:
        try:
            subscription = Subscription.model_validate_json(receiver.address)
            key = web_push.signing_key(SealingKeys.of(self._settings), receiver.key_id)
        except (ValidationError, KeyError):
            raise _gone("It was made for a key that this installation does not have any more") from None
        told = {"title": message.title, "body": _first_words(message.body), "href": link}
        asked = web_push.request(subscription, told, key, origin=self._settings.origin, at=now())
        async with OutboundClient(self._policy) as client:
            answer = await client.fetch(
                "POST",
                subscription.endpoint,
                headers=asked.headers,
                content=asked.body,
                follow_redirects=False,
                max_bytes=65_536,
                timeout_s=_PUSH_S,
            )
        if answer.status in (404, 410):
            raise _gone("The browser has taken its subscription back")
        if not 200 <= answer.status < 300:
            failure = Failure(kind="message.failed", message=f"The push service answered {answer.status}")
            raise NodeFailed(failure, retryable=True)


def _gone(message: str) -> NodeFailed:
    return NodeFailed(Failure(kind="message.gone", message=message))


def _first_words(body: str) -> str:
    """Return a message's text without what its foot says, as a notice of the system shows it."""
    lines = [line for line in body.split("\n\n") if not line.startswith("[")]
    return " ".join(" ".join(lines).replace("*", "").replace("\\", "").split())[:400]


def mail_address(settings: Settings, to: str) -> str:
    """Return the installation's mail server as apprise writes it, for one receiver.

    NodeFailed where there is no server, or nobody to write to.
    """
    if settings.mail_server is None or not to:
        what = "This installation has no mail server" if to else "There is no address to write to"
        hint = "An operator sets WORKBENCH_MAIL_SERVER and WORKBENCH_MAIL_FROM."
        raise NodeFailed(Failure(kind="message.no-mail", message=what, hint=hint))
    server = urlsplit(settings.mail_server.get_secret_value())
    host = server.hostname or ""
    mode = {"smtps": "ssl", "smtp": "starttls", "smtp+plain": "insecure"}[server.scheme]
    who = ""
    if server.username:
        who = f"{quote(unquote(server.username), safe='')}:{quote(unquote(server.password or ''), safe='')}@"
    said = {"smtp": host, "from": settings.mail_from, "name": "Workbench", "to": to, "mode": mode}
    scheme = "mailto" if mode == "insecure" else "mailtos"
    port = server.port or MAIL_PORTS[server.scheme]
    return f"{scheme}://{who}{f'[{host}]' if ':' in host else host}:{port}?{urlencode(said, quote_via=quote)}"
