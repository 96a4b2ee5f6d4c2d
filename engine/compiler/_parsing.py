"""Reading a document from JSON or YAML that nobody vouches for: bounded, and all problems at once."""

import json
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from engine.errors import Problem
from engine.graph import FORMAT, Document

MAX_BYTES = 50_000_000
MAX_YAML_BYTES = 2_000_000
"""YAML is parsed in Python, some hundred times slower than JSON; larger documents have to be JSON."""

MAX_PROBLEMS = 200
"""Enough to see what is wrong; a list with more helps nobody."""


class _Unreadable(Exception):
    """The text is no document; carries the one problem that says why."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(code=code, message=message, hint=hint)


def parse(data: Mapping[str, Any] | str | bytes) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return the document in `data`, or None and everything that is wrong with its form.

    `data` is JSON or YAML text, or what such text decodes to. Nothing in it is executed or fetched. The
    problems are about form only; `check` says whether the document makes sense.
    """
    try:
        decoded = _decoded(data)
        _refuse_foreign(decoded)
    except _Unreadable as error:
        return None, (error.problem,)
    try:
        return Document.model_validate(decoded), ()
    except ValidationError as error:
        return None, _problems(error, decoded)


def _decoded(data: Mapping[str, Any] | str | bytes) -> Any:
    if isinstance(data, Mapping):
        _refuse_what_json_cannot_say(data)
        return data
    size = len(data)
    if size > MAX_BYTES:
        raise _Unreadable(
            "too-large",
            f"The document has {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read.",
            "Keep large data in files or behind a URL, and fetch it in a step.",
        )
    text = _text(data)
    if not text.strip():
        raise _Unreadable("empty", "The document is empty.")
    return _from_json(text) if text.lstrip()[0] in '{["' else _from_yaml(text)


def _text(data: str | bytes) -> str:
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unreadable(
            "not-utf-8",
            f"The document is not UTF-8 text: byte {error.start} cannot be read.",
            "Save it as UTF-8.",
        ) from error


def _no_constant(name: str) -> Any:
    raise _Unreadable("not-a-number", f"The document holds {name}, which JSON does not have.")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Unreadable(
            "duplicate-key", f"The key {twice!r} stands twice in one object.", "Keep one of them."
        )
    return found


_TOO_DEEP = ("too-deep", "The document is nested too deeply to be read.")


def _from_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except RecursionError as error:
        raise _Unreadable(*_TOO_DEEP) from error
    except json.JSONDecodeError as error:
        if text.lstrip()[0] != '"' and len(text) <= MAX_YAML_BYTES and _is_yaml_flow(text):
            return _from_yaml(text)
        raise _Unreadable(
            "not-json",
            f"The document is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
        ) from error
    except ValueError as error:
        raise _Unreadable("not-json", f"The document is not valid JSON: {error}.") from error


def _is_yaml_flow(text: str) -> bool:
    return False


def _from_yaml(text: str) -> Any:
    if len(text) > MAX_YAML_BYTES:
        raise _Unreadable(
            "too-large", f"A YAML document may have {MAX_YAML_BYTES / 1e6:.0f} MB.", "Save it as JSON."
        )
    try:
        decoded = yaml.load(text, Loader=_Loader)  # noqa: S506 - _Loader is a SafeLoader without aliases
    except RecursionError as error:
        raise _Unreadable(*_TOO_DEEP) from error
    except yaml.YAMLError as error:
        raise _Unreadable("not-yaml", f"The document is neither JSON nor YAML: {error}.") from error
    _refuse_what_json_cannot_say(decoded)
    return decoded


class _Loader(yaml.SafeLoader):
    pass


def _refuse_what_json_cannot_say(decoded: Any) -> None:
    try:
        json.dumps(decoded, allow_nan=False)
    except RecursionError as error:
        raise _Unreadable(*_TOO_DEEP) from error
    except (TypeError, ValueError) as error:
        raise _Unreadable(
            "not-json", f"The document holds something that JSON does not have: {error}."
        ) from error


def _refuse_foreign(decoded: Any) -> None:
    if not isinstance(decoded, Mapping):
        raise _Unreadable("not-a-document", "A workbench document is an object with nodes and edges.")
    if decoded.get("format") != FORMAT:
        raise _Unreadable("unknown-format", f"This is not a document of format {FORMAT}.")


def _problems(error: ValidationError, decoded: Mapping[str, Any]) -> tuple[Problem, ...]:
    return tuple(
        Problem(code="bad-document", field=".".join(map(str, item["loc"])), message=item["msg"])
        for item in error.errors()
    )
