"""Triggers in a document: what is wrong with them, and that they change nothing where there are none."""

import hashlib
import hmac
import time
from typing import Any

import pytest

from engine import compiler
from engine.graph import Document
from engine.triggers.webhook import HmacCheck, TokenCheck, WebhookConfig, confidential, refusal
from tests.engine import documents as d

INPUTS = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def with_trigger(type: str = "webhook", config: dict[str, Any] | None = None, **more: Any) -> Document:
    trigger = {"id": "hook", "type": type, "config": config or {}, "inputs": {"name": "x"}, **more}
    document = d.raw(d.start())
    return Document.model_validate(
        document | {"inputs": INPUTS, "outputs": {"greeting": "Hello"}, "triggers": [trigger]}
    )


def codes(document: Document) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for problem in compiler.check(document)]


def test_a_document_without_triggers_is_the_text_and_has_the_hash_of_before() -> None:
    document = d.document(d.start())
    assert "triggers" not in document.canonical()
    assert (
        document.content_hash()
        == Document.model_validate({**d.raw(d.start()), "triggers": []}).content_hash()
    )


def test_a_trigger_is_part_of_the_version() -> None:
    one, other = with_trigger(), with_trigger(inputs={"name": "y"})
    assert one.content_hash() != other.content_hash()
    assert Document.model_validate_json(one.canonical()) == one


@pytest.mark.parametrize(
    ("type", "config"),
    [
        ("webhook", {}),
        ("webhook", {"check": {"kind": "hmac", "secret": "KEY"}, "methods": ["POST", "PUT"]}),
        (
            "webhook",
            {"answer": {"mode": "wait", "status": "{{ 200 if run.status == 'succeeded' else 500 }}"}},
        ),
        ("webhook", {"answer": {"mode": "wait", "body": {"said": "{{ outputs.greeting }}"}}}),
        ("schedule", {"cron": "*/5 9-17 * * mon-fri", "time_zone": "Europe/Berlin"}),
        ("schedule", {"every_s": 60, "offset_s": 30, "overlap": "wait"}),
        ("workflow_end", {"workflow": "0190", "statuses": ["failed"]}),
    ],
)
def test_these_are_in_order(type: str, config: dict[str, Any]) -> None:
    assert codes(with_trigger(type, config)) == []


@pytest.mark.parametrize(
    ("type", "config", "code", "field"),
    [
        ("webhok", {}, "unknown-trigger-type", "type"),
        ("webhook", {"method": "GET"}, "unknown-config", "config.method"),
        ("webhook", {"methods": []}, "bad-config", "config.methods"),
        ("webhook", {"check": {"kind": "hmac"}}, "missing-config", "config.check.secret"),
        ("webhook", {"check": {"kind": "token", "secret": "a b"}}, "bad-config", "config.check.secret"),
        ("webhook", {"body_schema": {"type": "nonsense"}}, "bad-body-schema", "config.body_schema.type"),
        ("webhook", {"answer": {"mode": "wait", "status": 99}}, "bad-config", "config.answer"),
        (
            "webhook",
            {"answer": {"mode": "wait", "headers": {"Set-Cookie": "a=b"}}},
            "bad-config",
            "config.answer",
        ),
        (
            "webhook",
            {"answer": {"mode": "wait", "body": "{{ outputs.salute }}"}},
            "unknown-output",
            "config.answer.body",
        ),
        ("schedule", {}, "bad-config", "config"),
        ("schedule", {"cron": "* * *"}, "bad-config", "config.cron"),
        ("schedule", {"cron": "0 0 31 2 *"}, "bad-config", "config"),
        ("schedule", {"every_s": 5, "time_zone": "Mars/Olympus"}, "bad-config", "config.time_zone"),
        ("workflow_end", {"statuses": ["failed"]}, "missing-config", "config.workflow"),
    ],
)
def test_what_is_wrong_with_a_trigger_is_said_where_it_stands(
    type: str, config: dict[str, Any], code: str, field: str
) -> None:
    assert codes(with_trigger(type, config)) == [(code, f"triggers.0.{field}")]


@pytest.mark.parametrize(
    ("inputs", "code", "field"),
    [
        ({}, "trigger-lacks-input", "name"),
        ({"name": "a", "nam": "b"}, "unknown-input", "nam"),
        ({"name": "{{ trigger.boddy.name }}"}, "unknown-trigger-field", "name"),
        ({"name": "{{ inputs.name }}"}, "unknown-name", "name"),
        ({"name": "{{ secrets.KEY }}"}, "secret-not-allowed", "name"),
    ],
)
def test_what_is_wrong_with_its_inputs_is_said_where_it_stands(
    inputs: dict[str, Any], code: str, field: str
) -> None:
    assert codes(with_trigger(inputs=inputs)) == [(code, f"triggers.0.inputs.{field}")]


def test_ids_of_triggers_are_unique() -> None:
    document = with_trigger()
    twice = document.model_copy(update={"triggers": [*document.triggers, *document.triggers]})
    assert codes(twice) == [("duplicate-trigger-id", "triggers.1.id")]


def test_a_step_cannot_read_the_trigger() -> None:
    document = d.document(d.start(), d.transform("b", "{{ trigger.body }}"))
    assert [code for code, _ in codes(document)] == ["unknown-name"]


def test_the_published_schema_describes_triggers_by_their_type() -> None:
    schema = compiler.json_schema()
    validator = compiler.validator(schema)
    assert validator.is_valid(with_trigger().model_dump(mode="json"))
    assert not validator.is_valid(with_trigger(config={"max_bytes": -1}).model_dump(mode="json"))


def signature(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        ("sha256=" + signature("key", b"body"), False),
        ("sha256=" + signature("other", b"body"), True),
        ("sha256=" + signature("key", b"bodY"), True),
        (signature("key", b"body"), True),
        ("sha256=zz", True),
        ("", True),
    ],
)
def test_a_signature_covers_the_body(header: str, refused: bool) -> None:
    check = HmacCheck(secret="KEY")
    headers = {"x-hub-signature-256": header}
    assert bool(refusal(check, "key", headers=headers, query={}, body=b"body")) is refused


@pytest.mark.parametrize(("age", "refused"), [(0, False), (290, False), (310, True), (-310, True)])
def test_a_signed_timestamp_must_be_near(age: int, refused: bool) -> None:
    check = HmacCheck(
        secret="KEY", header="Signature", prefix="v1=", signed="{timestamp}.{body}",
        timestamp_header="Signature", timestamp_prefix="t=",
    )  # fmt: skip
    sent = int(time.time()) - age
    headers = {"signature": f"t={sent},v1={signature('key', f'{sent}.body'.encode())},v0=old"}
    assert bool(refusal(check, "key", headers=headers, query={}, body=b"body")) is refused


def test_a_token_stands_in_a_header_or_in_the_address() -> None:
    header = TokenCheck(secret="KEY", prefix="Bearer ")
    query = TokenCheck(secret="KEY", place="query", name="token")
    assert refusal(header, "s3", headers={"authorization": "Bearer s3"}, query={}, body=b"") is None
    assert refusal(header, "s3", headers={"authorization": "Bearer s4"}, query={}, body=b"")
    assert refusal(query, "s3", headers={}, query={"token": "s3"}, body=b"") is None
    assert refusal(query, "s3", headers={}, query={}, body=b"")


def test_what_proves_a_caller_is_known_as_confidential() -> None:
    config = WebhookConfig.model_validate({"check": {"kind": "token", "secret": "K", "name": "X-Key"}})
    headers, _ = confidential(config.check)
    assert {"x-key", "authorization", "cookie"} <= headers


def test_a_text_that_is_too_long_is_said_to_be_so() -> None:
    [problem] = compiler.check(with_trigger("schedule", {"cron": "1," * 500 + "1 * * * *"}))
    assert problem.message == "“cron” must have at most 200 characters."
