"""Who is calling. Every service takes a Principal first; nobody acts without one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Principal:
    """A person or program on whose behalf something happens. `id` is stable and is what records keep."""

    id: str
    name: str


OWNER = Principal(id="owner", name="Owner")
"""The owner of the data directory: the one principal of single-user mode."""
