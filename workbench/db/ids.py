"""Row ids: uuid7 text, so they sort by the time they were made."""

from datetime import UTC, datetime
from uuid import UUID

from uuid6 import uuid7


def new_id() -> str:
    """Return a new uuid7 in its canonical text form."""
    return str(uuid7())


def is_id(text: str) -> bool:
    """Return whether `text` is an id in canonical form; anything else cannot be in the database."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def first_id(at: datetime) -> str:
    """Return what is smaller than every id made after an instant, and greater than those made before."""
    text = f"{int(at.timestamp() * 1_000):012x}"
    return f"{text[:8]}-{text[8:]}-7000-8000-000000000000"
