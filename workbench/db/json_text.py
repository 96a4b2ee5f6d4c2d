"""JSON in and out of `json` columns: fast, and total over every value a step can produce."""

import json
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json


def dumps(value: Any) -> bytes:
    """Return `value` as compact UTF-8 JSON that Postgres' `json` type accepts.

    NaN and the infinities, which JSON does not have, become null. Lone surrogates, which UTF-8 does not
    have, become U+FFFD. U+0000 stays, as an escape.
    """
    try:
        return to_json(value, inf_nan_mode="null")
    except (PydanticSerializationError, UnicodeEncodeError):
        return to_json(_without_surrogates(value), inf_nan_mode="null")


def dump_text(value: Any) -> str:
    """Return `dumps(value)` as text, which is what SQLAlchemy's serialiser hook wants."""
    return dumps(value).decode()


def loads(text: str | bytes) -> Any:
    """Return the value of JSON text that came from the database."""
    try:
        return from_json(text)
    except ValueError:  # an integer or a nesting that the fast parser refuses
        return json.loads(text)


def text_of(value: str) -> str:
    """Return `value` as Postgres' `text` can hold it: without U+0000 and lone surrogates."""
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value
