"""From text to JSON values. Refuses what would be slow, dangerous or impossible to store."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

MAX_BYTES = 50_000_000
MAX_YAML_BYTES = 5_000_000
"""YAML takes some fifty times as long as JSON; larger documents have to be JSON."""

MAX_DEPTH = 100


class Unreadable(Exception):
    """The text holds no document; `code` and `field` are those of the problem that says so."""

    def __init__(self, code: str, message: str, hint: str = "", field: str | None = None) -> None:
        """Say what is wrong, and what to do about it."""
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.field = field


def decode(data: Mapping[str, Any] | str | bytes) -> Any:
    """Return the JSON value that text (JSON, else YAML) stands for, or an already decoded value itself."""
    if not isinstance(data, str | bytes):
        _check(data)
        return data
    if len(data) > MAX_BYTES:
        raise Unreadable(
            "too-large",
            f"The document has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES // 1_000_000} MB are read.",
            "Keep large data behind a URL and fetch it in a step.",
        )
    text = _text(data)
    if not text.strip():
        raise Unreadable("empty", "The document is empty.", "Give it a name, nodes and edges.")
    value = _from_json(text) if text.lstrip()[0] in '{["' else _from_yaml(text)
    _check(value)
    return value


def _text(data: str | bytes) -> str:
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"The document is not UTF-8 text: byte {error.start} cannot be read."
        raise Unreadable("not-utf-8", message, "Save it as UTF-8.") from error


def _too_deep() -> Unreadable:
    return Unreadable("too-deep", f"The document is nested more than {MAX_DEPTH} levels deep.")


def _from_json(text: str) -> Any:
    try:
        return json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_without_duplicates
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        message = f"The document is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise Unreadable("not-json", message) from error
    except ValueError as error:
        raise Unreadable("not-json", f"The document is not valid JSON: {error}.") from error


def _no_constant(name: str) -> Any:
    raise Unreadable(
        "not-json", f"The document holds {name}, which JSON does not have.", "Use null, or a text."
    )


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Unreadable("not-json", f"The number {text[:40]} is too large.")
    return number


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for index, key in enumerate(keys) if key in keys[:index])
        raise _duplicate(twice)
    return found


def _duplicate(key: str) -> Unreadable:
    return Unreadable(
        "duplicate-key", f"The key “{key[:100]}” stands twice in one object.", "Keep one of them."
    )


def _from_yaml(text: str) -> Any:
    if len(text) > MAX_YAML_BYTES:
        message = f"A YAML document may have {MAX_YAML_BYTES // 1_000_000} MB."
        raise Unreadable("too-large", message, "Save it as JSON.")
    try:
        _check_yaml_events(text)
        return _built(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        message = f"The document is neither JSON nor YAML: {error.problem or error.context}{where}."
        raise Unreadable("not-yaml", message) from error
    except (yaml.YAMLError, ValueError) as error:
        message = f"The document is neither JSON nor YAML: {' '.join(str(error).split())}."
        raise Unreadable("not-yaml", message) from error


def _built(text: str) -> Any:
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _check_yaml_events(text: str) -> None:
    """Refuse aliases, which can grow a small text into gigabytes, and depth, before anything is built."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise Unreadable("yaml-alias", "The document uses YAML anchors.", "Write the values out.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _too_deep()


class _Loader(yaml.CSafeLoader):
    """Builds only what JSON has: `on` and `2030-01-31` stay text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping; refuse keys that are no text, and keys that stand twice."""
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                line = key_node.start_mark.line + 1
                raise Unreadable(
                    "not-yaml", f"The key {key!r} at line {line} is not text.", "Put it in quotes."
                )
            if key in found:
                raise _duplicate(key)
            found[key] = self.construct_object(value_node, deep=True)
        return found


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9]\d*)$"), list("-0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$"),
    list("-0123456789"),
)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _check(value: Any) -> None:
    """Refuse what cannot be stored as JSON: other types, depth, half characters, null characters."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, Mapping):
                for key in item:
                    _check_text(key)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str):
                _check_text(item)
            else:
                _check_scalar(item)
        if not below:
            return
        level = below
    raise _too_deep()


def _check_text(text: Any) -> None:
    if not isinstance(text, str):
        raise Unreadable("not-json", f"The key {text!r} is not text.", "Put it in quotes.")
    if "\x00" in text:
        raise Unreadable("bad-character", "The document holds a null character.", "Remove it.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            message = "The document holds half of a character (a lone surrogate)."
            raise Unreadable("bad-character", message, "Remove it.") from None


def _check_scalar(value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise Unreadable(
            "not-json", f"The document holds {value}, which JSON does not have.", "Use null, or a text."
        )
    if value is not None and not isinstance(value, bool | int | float):
        raise Unreadable(
            "not-json", f"The document holds a {type(value).__name__}, which JSON does not have."
        )
