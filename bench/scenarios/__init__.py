"""What is measured. A scenario has subjects, which take turns; each gives figures by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scale import Scale

# A figure, or a table of figures by name.
Figures = dict[str, "float | dict[str, float]"]


@dataclass(frozen=True)
class Scenario:
    """Something that is measured."""

    name: str
    about: str
    # How each subject is measured, in the order in which they take turns.
    subjects: dict[str, Callable[[Scale], Figures]]
    # Measured in the first round only: it takes long, or does not vary.
    once: bool = False


def every() -> list[Scenario]:
    from scenarios import connections, durable, growth, held, profile, resume, rooms, store

    return [*rooms.SCENARIOS, connections.SCENARIO, durable.SCENARIO, store.SCENARIO, resume.SCENARIO, held.SCENARIO, *growth.SCENARIOS, *profile.SCENARIOS]
