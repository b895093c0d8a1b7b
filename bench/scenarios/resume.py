"""A thousand clients that were away come back at once."""

from __future__ import annotations

from scale import Scale
from scenarios import Figures, Scenario
from subject import Cast, Rialto

CLIENTS, CHANNELS, MISSED = 1000, 10, 200


def _measure(carrier: str):
    def measure(scale: Scale) -> Figures:
        # One more in each channel: who writes while the others are away.
        size = scale.many(CLIENTS) // CHANNELS + 1
        rialto = Rialto.with_cast(Cast(size * CHANNELS, size))
        resume = rialto.measure(["--carrier", carrier, "--missed", str(MISSED)])["resume"]
        return {
            "clients": resume["clients"],
            "seconds": resume["seconds"],
            "p50_s": resume["whole_us"]["p50"] / 1e6,
            "p99_s": resume["whole_us"]["p99"] / 1e6,
            "cpu_us_each": resume["server_cpu_us_each"],
            "rss_before_mib": resume["rss_before_bytes"] / 2**20,
            "rss_peak_mib": resume["rss_peak_bytes"] / 2**20,
            "lost": resume["lost"],
            "doubled": resume["doubled"],
        }

    return measure


SCENARIO = Scenario(
    "resume",
    "1,000 clients in channels of 100 come back at once; 200 messages were written into each channel meanwhile",
    {"rialto": _measure("socketio"), "rialto, plain WebSocket": _measure("json")},
)
