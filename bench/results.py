"""What a run found out: figures by scenario, subject, and round; kept as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from figures import Spread, ratios


@dataclass
class Measurement:
    scenario: str
    subject: str
    round: int
    figures: dict = field(default_factory=dict)
    # Why it did not come about.
    failure: str = ""


@dataclass
class Results:
    date: str
    command: str
    rounds: int
    quick: bool
    machine: dict[str, str]
    versions: dict[str, str]
    # What was asked for, in words, by the names of the scenarios.
    scenarios: dict[str, str] = field(default_factory=dict)
    measurements: list[Measurement] = field(default_factory=list)
    minutes: float = 0.0

    def subjects(self, scenario: str) -> list[str]:
        return list(dict.fromkeys(one.subject for one in self.measurements if one.scenario == scenario))

    def values(self, scenario: str, subject: str, figure: str) -> dict[int, float]:
        """By round."""
        mine = (one for one in self.measurements if (one.scenario, one.subject) == (scenario, subject))
        return {one.round: one.figures[figure] for one in mine if isinstance(one.figures.get(figure), (int, float))}

    def spread(self, scenario: str, subject: str, figure: str) -> Spread | None:
        return Spread.of(list(self.values(scenario, subject, figure).values()))

    def ratio(self, scenario: str, over: str, under: str, figure: str) -> Spread | None:
        return Spread.of(ratios(self.values(scenario, over, figure), self.values(scenario, under, figure)))

    def table(self, scenario: str, subject: str) -> dict[str, dict[str, float]]:
        """The figures of the last measurement that are tables."""
        mine = [one for one in self.measurements if (one.scenario, one.subject) == (scenario, subject) and not one.failure]
        return {name: value for name, value in mine[-1].figures.items() if isinstance(value, dict)} if mine else {}

    def failures(self) -> list[Measurement]:
        return [one for one in self.measurements if one.failure]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Results":
        kept = json.loads(path.read_text())
        return cls(**kept | {"measurements": [Measurement(**one) for one in kept["measurements"]]})
