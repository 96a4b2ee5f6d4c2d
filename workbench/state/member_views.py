"""What the pages of members, groups and workspaces show."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from workbench.errors import NotFound
from workbench.services.groups import Group, GroupMember
from workbench.services.members import Candidate, GivenRole, Member
from workbench.services.shapes import Page
from workbench.services.users import User
from workbench.services.workspaces import Workspace


@dataclass(frozen=True)
class RoleLine:
    """A role that somebody has, and in words what gives it."""

    role: str
    source: str

    @classmethod
    def of(cls, given: GivenRole) -> "RoleLine":
        """Return the line of a role."""
        through = f"through {given.group}" if given.group else ""
        provider = f"from {given.provider}" if given.provider else ""
        return cls(given.role.capitalize(), ", ".join(part for part in (through, provider) if part))


@dataclass(frozen=True)
class MemberRow:
    """A person or a group in the list of members."""

    id: str
    is_group: bool
    name: str
    email: str
    administrator: bool
    disabled: bool
    roles: list[RoleLine]
    by_name: list[str]

    @classmethod
    def of(cls, member: Member) -> "MemberRow":
        """Return the row of a member."""
        return cls(
            id=member.id,
            is_group=member.kind == "group",
            name=member.name,
            email=member.email or "",
            administrator=member.administrator,
            disabled=member.disabled_at is not None,
            roles=[RoleLine.of(given) for given in member.roles],
            by_name=[given.role for given in member.roles if given.group is None and given.provider is None],
        )

    @classmethod
    def new(cls, candidate: "CandidateRow") -> "MemberRow":
        """Return the row of somebody who has no role yet."""
        return cls(candidate.id, candidate.is_group, candidate.name, candidate.email, False, False, [], [])


@dataclass(frozen=True)
class CandidateRow:
    """A person or a group that can be chosen."""

    id: str
    is_group: bool
    name: str
    email: str

    @classmethod
    def of(cls, candidate: Candidate | User) -> "CandidateRow":
        """Return the row of a candidate, or of any person."""
        group = isinstance(candidate, Candidate) and candidate.kind == "group"
        return cls(candidate.id, group, candidate.name, candidate.email or "")


@dataclass(frozen=True)
class GroupRow:
    """A group in the list."""

    id: str
    name: str
    people: str

    @classmethod
    def of(cls, group: Group) -> "GroupRow":
        """Return the row of a group."""
        return cls(group.id, group.name, "1 person" if group.people == 1 else f"{group.people} people")


@dataclass(frozen=True)
class GroupPerson:
    """A person in a group."""

    id: str
    name: str
    email: str
    fixed: bool

    @classmethod
    def of(cls, member: GroupMember) -> "GroupPerson":
        """Return the row of somebody in a group."""
        return cls(member.id, member.name, member.email, member.fixed)


@dataclass(frozen=True)
class WorkspaceRow:
    """A workspace in the list; `hours` are its working hours as JSON, empty where none are set."""

    id: str
    name: str
    current: bool
    archived: bool
    hours: str

    @classmethod
    def of(cls, workspace: Workspace) -> "WorkspaceRow":
        """Return the row of a workspace."""
        hours = workspace.working_hours
        return cls(
            id=workspace.id,
            name=workspace.name,
            current=workspace.current,
            archived=workspace.archived_at is not None,
            hours=hours.model_dump_json() if hours else "",
        )


Item = TypeVar("Item")


async def as_many(read: Callable[[str | None], Awaitable[Page[Item]]], count: int) -> tuple[list[Item], str]:
    """Return at least `count` items, if there are so many, page by page, and the cursor of the next."""
    items: list[Item] = []
    cursor: str | None = None
    while True:
        page = await read(cursor)
        items.extend(page.items)
        cursor = page.next_cursor
        if cursor is None or len(items) >= count:
            return items, cursor or ""


class Identified(Protocol):
    """A row that has an id."""

    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=Identified)


def pick(rows: Sequence[Row], id_: str) -> Row:
    """Return the row with that id. Raises NotFound: anybody can send any id."""
    for row in rows:
        if row.id == id_:
            return row
    raise NotFound("It is not in the list any more. Load the page again.")
