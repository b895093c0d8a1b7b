"""Many measurements of one thing: medians, ranges, ratios, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """Median and range of a figure over the rounds."""

    middle: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: list[float]) -> "Spread | None":
        return cls(median(values), min(values), max(values), len(values)) if values else None

    def __str__(self) -> str:
        if self.count == 1:
            return number(self.middle)
        return f"{number(self.middle)} ({number(self.low)}–{number(self.high)})"


def ratios(over: dict[int, float], under: dict[int, float]) -> list[float]:
    """One ratio a round, of what was measured in the same round: what disturbs a round disturbs both."""
    return [over[place] / under[place] for place in sorted(over) if under.get(place)]


def number(value: float) -> str:
    """Three digits that matter, thousands apart."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    text = f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1e}"
    return f"{float(text):g}" if "e" not in text else text
