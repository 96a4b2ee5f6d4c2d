"""Steps that tell people something, and messages that are delivered however long their receiver is away."""

import uuid
from typing import Any

import pytest

from engine.compiler import compile as compiled
from engine.graph import Document
from engine.nodes.notify import NotifyConfig
from tests.engine import documents as d
from tests.engine.conftest import Rig


def telling(**config: Any) -> Document:
    return d.document(
        d.start(),
        d.node("tell", "notify", {"to": ["ada@example.org"], "subject": "{{ inputs.n }} left", **config}),
        d.output("told", "{{ nodes.tell.output }}"),
        edges=("start > tell",),
    )


async def test_a_message_is_posted_with_what_its_expressions_give(rig: Rig) -> None:
    config = {"body": "**{{ inputs.n }}**", "channels": "{{ inputs.channels }}"}
    ran = await rig.run(compiled(telling(**config)), {"n": 3, "channels": ["Team chat"]})
    [message] = rig.outbox.posted.values()
    assert (message.subject, message.body) == ("3 left", "**3**")
    assert (message.to, message.channels) == (("ada@example.org",), ("Team chat",))
    assert ran.record.outputs == {"told": {"id": message.id, "people": 1, "channels": 1}}


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        ({"n": " \n", "to": ["nobody"]}, "message-unfit"),
        ({"n": 3, "to": ["nobody"]}, "receiver-unknown"),
        ({"n": 3, "to": []}, "message-unfit"),
        ({"n": 3, "to": [4]}, "task-unfit"),
        ({"n": "x" * 400, "to": ["ada"]}, "message-unfit"),
    ],
)
async def test_a_message_for_nobody_or_about_nothing_fails_its_step(
    rig: Rig, inputs: dict[str, Any], kind: str
) -> None:
    ran = await rig.run(compiled(telling(to="{{ inputs.to }}", subject="{{ inputs.n }}")), inputs)
    assert ran.record.error is not None
    assert ran.record.error.kind == kind


def test_a_message_needs_somebody_to_tell() -> None:
    with pytest.raises(ValueError, match="who is to be told"):
        NotifyConfig(subject="Hello")


async def test_a_delivery_is_tried_until_its_receiver_is_back(rig: Rig) -> None:
    rig.outbox.away, batch = 1, str(uuid.uuid4())
    for _ in range(2):
        await rig.client.deliver(batch)
    async with rig.skipping_time():
        await rig.client.temporal.get_workflow_handle(f"delivery-{batch}").result()
    assert rig.outbox.delivered == [batch]
