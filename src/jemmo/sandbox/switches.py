"""Switches for what an ATS's documentation leaves open, set at the start or while the sandbox runs."""

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

YES = frozenset({"1", "true", "on", "yes"})


@dataclass(slots=True)
class Switchboard:
    """The switches of one sandbox are its fields; CHOICES lists the allowed values of text switches."""

    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {}

    def set(self, values: dict[str, Any]) -> None:
        """Set some switches, also from command-line texts. ValueError names the bad one."""
        known = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown switch {name}; known: {', '.join(known)}")
            setattr(self, name, self._read(name, known[name], value))

    def _read(self, name: str, kind: type, value: Any) -> Any:
        if kind is bool:
            return value if isinstance(value, bool) else str(value).lower() in YES
        choices = self.CHOICES.get(name)
        if choices and str(value) not in choices:
            raise ValueError(f"switch {name} takes {', '.join(choices)}")
        return kind(value)

    def all(self) -> dict[str, Any]:
        """Return every switch and its value."""
        return asdict(self)
