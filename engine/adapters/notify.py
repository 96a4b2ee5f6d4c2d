"""Does the work of `notify` nodes: puts a message into the application's outbox."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from engine import expressions
from engine.contracts import Message
from engine.errors import Failure, NodeFailed
from engine.nodes.people import names_of
from engine.ports import AdapterCall, AdapterOutput, Outbox

LONGEST_SUBJECT = 300
LONGEST_BODY = 20_000


class _Config(BaseModel):
    model_config = ConfigDict(extra="ignore")

    to: Any = ()
    channels: Any = ()
    subject: Any
    body: Any = ""


class NotifyAdapter:
    """Posts one message; the step's idempotency key is its id, so that a repetition counts once."""

    type = "notify"

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def run(self, call: AdapterCall) -> AdapterOutput:
        """Post the message; NodeFailed when it is for nobody, or cannot be sent as it is."""
        config = _Config.model_validate(call.config)
        message = Message(
            id=call.idempotency_key,
            run_id=call.run_id,
            to=names_of("People", config.to),
            channels=names_of("Channels", config.channels),
            subject=" ".join(_text("subject", config.subject, LONGEST_SUBJECT).split()),
            body=_text("message", config.body, LONGEST_BODY),
        )
        if not message.subject or not (message.to or message.channels):
            what = "subject" if not message.subject else "receiver"
            raise _unfit(f"The message has no {what}")
        posted = await self._outbox.post(message)
        if posted.failure:
            raise NodeFailed(posted.failure)
        return AdapterOutput({"id": message.id, "people": posted.people, "channels": posted.channels})


def _text(what: str, value: Any, longest: int) -> str:
    text = "" if value is None else expressions.text_of(value)
    if len(text) > longest:
        raise _unfit(f"The {what} has {len(text)} of at most {longest} characters")
    if "\x00" in text:
        raise _unfit(f"The {what} holds the character U+0000")
    return text


def _unfit(message: str) -> NodeFailed:
    return NodeFailed(Failure(kind="message-unfit", message=message))
