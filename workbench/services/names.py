"""Names and searches that people type: of themselves, of groups, of workspaces."""

from engine.errors import Problem
from workbench.errors import Invalid

LONGEST = 120


def clean(name: str, what: str) -> str:
    """Return a name without what surrounds it. Raises Invalid, naming `what` it is the name of."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST or not name.isprintable():
        message = f"The name of {what} has 1 to {LONGEST} characters, in one line."
        raise Invalid(message, (Problem(code="bad-name", field="name", message=message),))
    return name


def wanted(search: str) -> str:
    """Return what is to be searched for: without what no text in the database can hold."""
    return "".join(sign for sign in search if sign.isprintable()).strip()[:LONGEST]
