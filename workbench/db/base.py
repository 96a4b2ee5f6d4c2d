"""What every table is made with: names of keys, kinds of columns, the base class."""

from collections.abc import Collection
from typing import Any, ClassVar

from sqlalchemy import ARRAY, JSON, MetaData, Text, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of keys and indexes, so that a later migration can refer to what an earlier one made."""

JSON_OR_NULL = JSON(none_as_null=True)
JSONB_OR_NULL = JSONB(none_as_null=True)
PORTS = ARRAY(Text())
SCOPE = Text(collation="C")
"""Compared by its bytes, so that the key finds the passes of a container: their scopes begin alike."""


class Table(SQLModel):
    """Base of all tables; holds their metadata."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


def columns_of(table: type[Table], *, without: Collection[str]) -> list[Any]:
    """Return a table's columns but for some, to be selected: the entity's, so that rows are filtered."""
    return [getattr(table, column.key) for column in inspect(table).column_attrs if column.key not in without]
