"""Every filter, function and method by name, with the line of help that the editor shows."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Entry:
    """A thing that expressions can use. `example` is a whole expression without its braces."""

    name: str
    kind: Literal["filter", "function", "test"]
    group: str
    example: str
    help: str
