"""What somebody says of themselves when they join with a password, and what has to be right about it."""

import re
from dataclasses import dataclass, field

from engine.errors import Problem
from workbench.auth import passwords
from workbench.db.ids import new_id, now
from workbench.db.tables import UserRow
from workbench.errors import Invalid
from workbench.services.names import LONGEST

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}")


@dataclass(frozen=True)
class Newcomer:
    """Somebody's e-mail address, name and chosen password, as they were typed."""

    email: str
    name: str
    password: str = field(repr=False)

    async def row(self, *, administrator: bool = False) -> UserRow:
        """Return the person, to be stored. Raises Invalid with everything that is wrong."""
        refuse(*self.problems())
        return UserRow(
            id=new_id(),
            email=self.email.strip(),
            name=self.name.strip(),
            administrator=administrator,
            password_hash=await passwords.hashed(self.password),
            created_at=now(),
        )

    def problems(self) -> list[Problem]:
        """Return what is wrong, each at its field."""
        found = [
            email_problem(self.email),
            name_problem("name", self.name),
            password_problem(self.password, email=self.email.strip()),
        ]
        return [problem for problem in found if problem]


def refuse(*problems: Problem | None) -> None:
    """Raise Invalid if there is any problem."""
    found = tuple(problem for problem in problems if problem)
    if found:
        raise Invalid(found[0].message, found)


def email_problem(email: str) -> Problem | None:
    """Return what is wrong with an e-mail address."""
    if _EMAIL.fullmatch(email.strip()):
        return None
    return Problem(code="email", field="email", message="This is no e-mail address: name@example.org is one.")


def name_problem(field: str, name: str) -> Problem | None:
    """Return what is wrong with a name of a person or a workspace."""
    if 0 < len(name.strip()) <= LONGEST and name.isprintable():
        return None
    return Problem(code="name", field=field, message=f"A name has 1 to {LONGEST} characters in a line.")


def password_problem(password: str, *, email: str) -> Problem | None:
    """Return what is wrong with a password that somebody chose."""
    weakness = passwords.weakness(password, email=email)
    return Problem(code="password", field="password", message=weakness) if weakness else None
