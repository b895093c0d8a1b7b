"""How much is measured: everything, or a tenth of it to see that it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    quick: bool = False

    def seconds(self, full: float) -> float:
        """How long something is measured."""
        return min(full, 1.5) if self.quick else full

    def many(self, full: int) -> int:
        """How many connections or messages there are."""
        return max(full // 10, 1) if self.quick else full

    @property
    def timing(self) -> list[str]:
        return ["--warmup", str(self.seconds(1.0)), "--duration", str(self.seconds(4.0))]
