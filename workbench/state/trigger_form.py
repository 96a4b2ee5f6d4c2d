"""Edits of a document's triggers: pure functions from the old list to the new one, and their fields."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.graph import Trigger
from workbench.state.form_fields import NodeField, Pair, problem_of
from workbench.state.trigger_fields import SETTINGS, Setting
from workbench.state.views import Choice, ProblemView

_FIRST: dict[str, dict[str, Any]] = {
    "webhook": {},
    "schedule": {"cron": "0 9 * * *"},
    "workflow_end": {"workflow": ""},
}
_TIMINGS: dict[str, dict[str, Any]] = {"cron": {"cron": "0 9 * * *"}, "every_s": {"every_s": 3_600}}
_INPUT = {"webhook": "{{{{ trigger.body.{} }}}}", "workflow_end": "{{{{ trigger.outputs.{} }}}}"}


def add(triggers: Sequence[Trigger], kind: str, schema: Mapping[str, Any]) -> list[Trigger]:
    """Return the triggers and one more; the inputs that a run needs are made of what it hears."""
    taken = {one.id for one in triggers}
    names = (kind, *(f"{kind}_{number}" for number in range(2, len(taken) + 3)))
    needed = [name for name in schema.get("required") or () if isinstance(name, str)]
    inputs = {name: _INPUT[kind].format(name) for name in needed} if kind in _INPUT else {}
    name = next(name for name in names if name not in taken)
    return [*triggers, Trigger(id=name, type=kind, config=dict(_FIRST[kind]), inputs=inputs)]


def remove(triggers: Sequence[Trigger], index: int) -> list[Trigger]:
    """Return the triggers without one."""
    return [one for at, one in enumerate(triggers) if at != index]


def change(triggers: Sequence[Trigger], index: int, path: str, value: Any) -> list[Trigger]:
    """Return the triggers with one field of one of them changed; ValidationError for an impossible id."""
    old = triggers[index].model_dump()
    section, _, name = path.partition(".")
    if section == "config":
        old["config"] = _configured(triggers[index], name, value)
    elif section == "inputs":
        old["inputs"] = {row["key"].strip(): _read(row["value"]) for row in value if row["key"].strip()}
    elif section in ("id", "enabled"):
        old[section] = value.strip() if isinstance(value, str) else value
    else:
        raise KeyError(path)
    return [Trigger.model_validate(old) if at == index else one for at, one in enumerate(triggers)]


def fields_of(
    trigger: Trigger, at: str, problems: Sequence[ProblemView], workflows: Sequence[Choice]
) -> tuple[list[NodeField], list[NodeField]]:
    """Return the fields of a trigger's settings, those often needed and the others; `at` is its path."""
    shown = [one for one in SETTINGS.get(trigger.type, ()) if _applies(trigger, one)]
    fields = [(one.seldom, _field(trigger, one, at, problems, workflows)) for one in shown]
    return [one for seldom, one in fields if not seldom], [one for seldom, one in fields if seldom]


def input_pairs(trigger: Trigger) -> list[Pair]:
    """Return the rows of a trigger's inputs."""
    return [Pair(name, _written(value)) for name, value in trigger.inputs.items()]


def _configured(trigger: Trigger, name: str, value: Any) -> dict[str, Any]:
    if name == "timing":
        kept = {
            key: kept for key, kept in trigger.config.items() if key not in ("cron", "every_s", "offset_s")
        }
        return {**_TIMINGS[str(value)], **kept}
    if name == "check.kind":
        return {**trigger.config, "check": {"kind": value, **({} if value == "none" else {"secret": ""})}}
    if name == "answer.mode":
        return {**trigger.config, "answer": {"mode": value}}
    setting = next(one for one in SETTINGS[trigger.type] if one.path == name and _applies(trigger, one))
    return _with(trigger.config, name, _value(setting, value))


def _with(config: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    inner = config.get(name)
    if rest:
        value = _with(inner if isinstance(inner, Mapping) else {}, rest, value)
    changed = {**config, name: value}
    return {key: kept for key, kept in changed.items() if kept is not None or key == "idempotency_header"}


def _value(setting: Setting, value: Any) -> Any:
    """Return the JSON value that was meant; None leaves the setting out, or switches it off."""
    if isinstance(value, list):
        return {row["key"].strip(): row["value"] for row in value if row["key"].strip()} or None
    text = str(value)
    if not text.strip():
        return None
    if setting.widget == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    return _read(text) if setting.widget in ("number", "json") else text


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _written(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _applies(trigger: Trigger, setting: Setting) -> bool:
    if setting.when is None:
        return True
    path, wanted = setting.when
    of = next(one for one in SETTINGS[trigger.type] if one.path == path)
    return _text(trigger, of) == wanted


def _text(trigger: Trigger, setting: Setting) -> str:
    if setting.path == "timing":
        return "every_s" if "every_s" in trigger.config else "cron"
    value: Any = trigger.config
    for key in setting.path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return setting.default
        value = value[key]
    return "" if value is None else _written(value)


def _field(
    trigger: Trigger,
    setting: Setting,
    at: str,
    problems: Sequence[ProblemView],
    workflows: Sequence[Choice],
) -> NodeField:
    text = _text(trigger, setting)
    options = [Choice(value, label) for value, label in setting.options]
    if setting.path == "workflow":
        known = [one.value for one in workflows]
        options = [Choice("", "Choose one"), *workflows]
        options += [Choice(text, f"Unknown ({text})")] if text and text not in known else []
    value = trigger.config.get("answer", {}).get("headers") if setting.widget == "keyvalue" else None
    return NodeField(
        path=f"config.{setting.path}",
        title=setting.title,
        description=setting.description,
        widget=setting.widget,
        text=text,
        pairs=[Pair(name, str(part)) for name, part in value.items()] if isinstance(value, dict) else [],
        options=options,
        problem=problem_of(f"{at}.config.{setting.path}", problems),
    )
