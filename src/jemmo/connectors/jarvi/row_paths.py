"""Where records are, if the customer must say so: in their own list, or nested in the rows of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from jemmo.connectors.loose import Json, inner, listed
from jemmo.connectors.option_values import comma_list
from jemmo.domain.errors import ConfigError


class RowPath(Struct, frozen=True):
    """Records in the rows of ``entity`` at ``names``. Without names, the rows themselves."""

    entity: str
    names: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        return self.names[-1] if self.names else ""

    def values(self, row: Json) -> Iterator[Json]:
        yield from listed(inner(row, *self.names)) if self.names else [row]


def row_paths(options: Mapping[str, str], name: str, *, example: str) -> tuple[RowPath, ...]:
    """Parse paths as a probe prints them. Raises ``ConfigError`` with an example if invalid.

    >>> row_paths({"where": "users.files[], applicants"}, "where", example="users.files")
    (RowPath(entity='users', names=('files',)), RowPath(entity='applicants', names=()))
    """
    paths = []
    for word in comma_list(options[name]):
        entity, *names = word.replace("[]", "").split(".")
        if not all(part.isidentifier() for part in (entity, *names)):
            raise ConfigError(
                "option", variant="row_path", option=name, value=word, example=example
            )
        paths.append(RowPath(entity, tuple(names)))
    return tuple(paths)
