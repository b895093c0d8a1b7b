"""The subjects of a scenario take turns."""

from __future__ import annotations

import time

from figures import number
from process import Failed
from report import NAMES
from results import Measurement, Results
from scale import Scale
from scenarios import Scenario


def turn(results: Results, scenario: Scenario, place: int, scale: Scale) -> None:
    """Each subject of a scenario once. One that fails does not stop the others."""
    for subject, measure in scenario.subjects.items():
        measurement = Measurement(scenario.name, subject, place)
        began = time.monotonic()
        try:
            measurement.figures = measure(scale)
        except Failed as failure:
            measurement.failure = str(failure)
        except Exception as error:  # noqa: BLE001: a fault in one scenario must not cost the others
            measurement.failure = f"{type(error).__name__}: {error}"
        results.measurements.append(measurement)
        shown = [f"{NAMES[name]} {number(value)}" for name, value in measurement.figures.items() if name in NAMES][:3]
        said = f"FAILED: {measurement.failure}" if measurement.failure else ", ".join(shown)
        print(f"   {place + 1} {scenario.name:15} {subject:30} {time.monotonic() - began:5.1f} s  {said}", flush=True)
