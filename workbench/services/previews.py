"""The few lines of an output that a cell shows: made once, when the output is recorded."""

import json
from typing import Any

from workbench.db.json_text import text_of

MAX_CHARACTERS = 2_000
_pretty = json.JSONEncoder(ensure_ascii=False, indent=2, allow_nan=True)


def preview_of(value: Any) -> str:
    """Return at most MAX_CHARACTERS of text that stand for `value`: text as it is, a file by name and size.

    Work and memory are bounded by what is shown, not by the size of the value.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _cut(value[: MAX_CHARACTERS + 1])
    if isinstance(value, dict) and "$artifact" in value:
        return _cut(f"{value.get('name', 'file')} ({_size(value.get('size', 0))})")
    text = ""
    for part in _pretty.iterencode(value):
        text += part[: MAX_CHARACTERS + 1]
        if len(text) > MAX_CHARACTERS:
            break
    return _cut(text)


def _cut(text: str) -> str:
    shown = text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
    return text_of(shown)


def _size(size: float) -> str:
    for unit in ("bytes", "KB", "MB"):
        if size < 1_000:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1_000
    return f"{size:.1f} GB"
