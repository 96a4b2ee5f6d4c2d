"""Sends messages by apprise, which speaks to a hundred services, under the same policy as any request.

apprise and its plugins make their connections themselves (requests, smtplib). So each message is sent by a
process of its own (`_apprise_process`), which lives no longer than the message takes. What holds there:

- An audit hook of the interpreter sees every connection just before it is made, with the address that was
  resolved, also at a redirect: one that the policy refuses is not made. There is no gap between the check
  and the connection, since it is the connection that is checked.
- No other program is started, no file is written, none read but Python's own and certificates (an address
  may name a template or a key), no datagram sent, no socket file opened.
- Only the services of `SERVICES` are there: none that acts on this machine (`syslog`, `dbus`, `windows`, …),
  runs something or reads a file, and none that brings other addresses in.
- Its environment is empty: no proxies, which would resolve names by themselves, no `.netrc`, no secrets.
- It is killed when the message takes too long, so that a receiver that answers a byte a minute, or never,
  keeps nobody waiting.
"""

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import Failure, NodeFailed
from engine.outbound.policy import OutboundPolicy

SECONDS = 40.0
"""What one message may take; apprise itself waits a few seconds for each answer."""

AT_ONCE = 4
"""Messages on their way at a time, a process each."""

LONGEST_ADDRESS = 2_000


@dataclass(frozen=True)
class Service:
    """A service by its name, and apprise's plugin for it: module and class."""

    name: str
    plugin: str


_INHERITED = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "SYSTEMROOT")

SERVICES: dict[str, Service] = {
    scheme: Service(name, plugin)
    for name, plugin, schemes in (
        ("E-mail", "email.base:NotifyEmail", "mailto mailtos"),
        ("Slack", "slack:NotifySlack", "slack"),
        ("Microsoft Teams", "workflows:NotifyWorkflows", "workflow workflows"),
        ("Telegram", "telegram:NotifyTelegram", "tgram"),
        ("Discord", "discord:NotifyDiscord", "discord"),
        ("Matrix", "matrix.base:NotifyMatrix", "matrix matrixs"),
        ("Mattermost", "mattermost:NotifyMattermost", "mmost mmosts"),
        ("Rocket.Chat", "rocketchat:NotifyRocketChat", "rocket rockets"),
        ("Google Chat", "google_chat:NotifyGoogleChat", "gchat"),
        ("Webex", "webexteams:NotifyWebexTeams", "wxteams webex"),
        ("Zulip", "zulip:NotifyZulip", "zulip"),
        ("Signal", "signal_api:NotifySignalAPI", "signal signals"),
        ("ntfy", "ntfy:NotifyNtfy", "ntfy ntfys"),
        ("Gotify", "gotify:NotifyGotify", "gotify gotifys"),
        ("Pushover", "pushover:NotifyPushover", "pover"),
        ("Pushbullet", "pushbullet:NotifyPushBullet", "pbul"),
        ("PagerDuty", "pagerduty:NotifyPagerDuty", "pagerduty"),
        ("Opsgenie", "opsgenie:NotifyOpsgenie", "opsgenie"),
        ("Home Assistant", "home_assistant:NotifyHomeAssistant", "hassio hassios"),
        ("Nextcloud Talk", "nextcloudtalk:NotifyNextcloudTalk", "nctalk nctalks"),
        ("Webhook (JSON)", "custom_json:NotifyJSON", "json jsons"),
        ("Webhook (XML)", "custom_xml:NotifyXML", "xml xmls"),
        ("Webhook (form)", "custom_form:NotifyForm", "form forms"),
    )
    for scheme in schemes.split()
}
"""The schemes of addresses that may be used."""


@dataclass(frozen=True)
class Described:
    """What may be shown of an address: its service, and the address without what is secret in it."""

    service: str
    shown: str


class Answered(BaseModel):
    """What the process says: it was sent, or described; or why not."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["sent", "described", "failed", "unfit", "refused"]
    message: str = ""
    service: str = ""
    shown: str = ""


class Messenger:
    """Sends messages under one policy."""

    def __init__(self, policy: OutboundPolicy, *, seconds: float = SECONDS) -> None:
        self.policy = policy
        self._seconds = seconds
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def send(self, address: str, *, title: str, body: str) -> None:
        """Send a message, its body in Markdown, to an apprise address.

        Raises NodeFailed: `message.bad-address`, `http.refused-address`, `message.timeout`, or
        `message.failed` with what the receiver said. What is secret in the address is in none of them.
        """
        answer = await self._ask("send", address, title=title, body=body)
        if answer.outcome != "sent":
            raise _failed(answer)

    async def describe(self, address: str) -> Described:
        """Return what may be shown of an apprise address; NodeFailed (`message.bad-address`) if it is none.

        Nothing is sent and no name is resolved.
        """
        answer = await self._ask("describe", address)
        if answer.outcome != "described":
            raise _failed(answer)
        return Described(answer.service, answer.shown)

    async def _ask(self, job: str, address: str, *, title: str = "", body: str = "") -> Answered:
        _require_known(address)
        policy = {
            "allow_private": self.policy.allow_private,
            "allowed_networks": self.policy.allowed_networks,
            "services": sorted(self.policy.services | self.policy.hidden()),
        }
        asked = _Asked(job=job, address=address, title=title, body=body, policy=policy)
        async with self._turn:
            return _read(await self._run(asked))

    async def _run(self, asked: "_Asked") -> bytes:
        with tempfile.TemporaryDirectory(prefix="workbench-message-") as empty:
            environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-m",
                "engine.outbound._apprise_process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=empty,
                env={**environment, "HOME": empty, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(self._seconds):
                    said, _ = await process.communicate(_encoded(asked))
            except TimeoutError:
                message = f"The receiver did not take the message within {self._seconds:g} seconds"
                failure = Failure(kind="message.timeout", message=message, hint="Is the receiver up?")
                raise NodeFailed(failure, retryable=True) from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            return said


@dataclass(frozen=True)
class _Asked:
    job: str
    address: str
    title: str
    body: str
    policy: dict[str, Any]


def _encoded(asked: _Asked) -> bytes:
    return json.dumps(asdict(asked)).encode()


def _read(said: bytes) -> Answered:
    try:
        return Answered.model_validate_json(said)
    except ValidationError:
        failure = Failure(kind="message.failed", message="The process that sends messages ended early")
        raise NodeFailed(failure, retryable=True) from None


def _require_known(address: str) -> None:
    scheme, found, _ = address.partition("://")
    if not found or len(address) > LONGEST_ADDRESS or not address.isprintable():
        raise _failed(Answered(outcome="unfit", message="This is no address of a service"))
    if scheme.lower() not in SERVICES:
        message = f"Messages are not sent to addresses that begin with {scheme[:40]}://"
        raise _failed(Answered(outcome="unfit", message=message))


def _failed(answer: Answered) -> NodeFailed:
    if answer.outcome == "unfit":
        known = ", ".join(sorted({service.name for service in SERVICES.values()}))
        hint = f"Write it as apprise has it, for example slack://… or ntfy://…. There are: {known}."
        return NodeFailed(Failure(kind="message.bad-address", message=answer.message, hint=hint))
    if answer.outcome == "refused":
        hint = "An operator can list the networks that messages may reach."
        return NodeFailed(Failure(kind="http.refused-address", message=answer.message, hint=hint))
    hint = "Is the receiver up, and is its address right?"
    return NodeFailed(Failure(kind="message.failed", message=answer.message, hint=hint), retryable=True)
