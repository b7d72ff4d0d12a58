"""Frozen dataclasses that are made in a third of the time.

A start makes a hundred of them, and the standard library compiles seven functions for each. Here it compiles
`__init__` alone: comparing, hashing and showing go by the list of fields. That nothing is assigned to a field
is left to the type checker, which takes this for the standard library's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from operator import attrgetter

    def dataclass(cls=None, /, **options):
        """As `dataclasses.dataclass`; only frozen classes are made otherwise."""
        if cls is not None or not options.pop("frozen", False):
            return dataclasses.dataclass(cls, **options)
        return lambda cls: _with_shared(dataclasses.dataclass(cls, repr=False, eq=False, **options))

    def _with_shared(cls):
        fields = dataclasses.fields(cls)
        compared = tuple(field.name for field in fields if field.compare)
        # Of one name it gives the value itself, of none it cannot be made.
        values = attrgetter(*compared) if compared else lambda self: ()

        def equal(self, other):
            return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

        def hashed(self):
            return hash(values(self))

        def shown(self):
            values = ", ".join(
                f"{field.name}={getattr(self, field.name)!r}" for field in fields if field.repr
            )
            return f"{self.__class__.__qualname__}({values})"

        cls.__eq__, cls.__hash__, cls.__repr__ = equal, hashed, shown
        return cls
