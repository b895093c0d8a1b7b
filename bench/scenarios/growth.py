"""The same work beside ten and a hundred times as much of something: what grows with it."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from process import Failed
from scale import Scale
from scenarios import Figures, Scenario
from scenarios.rooms import cost
from subject import Cast, Rialto

CONNECTIONS, DELIVERIES_PER_SECOND = 1000, 10_000
REOPENINGS = 4


def _paced(report: dict) -> Figures:
    connect = report["connect"]
    figures = {name: value for name, value in cost(report).items() if name in ("cpu_us", "stored_p50_ms", "stored_p99_ms")}
    return figures | {"connect_cpu_us": connect["server_cpu_us_each"], "rss_mib": report["load"]["rss_bytes"] / 2**20}


def _flags(scale: Scale, size: int) -> list[str]:
    return ["--rate", str(DELIVERIES_PER_SECOND / size), *scale.timing]


def _channels(memberships: int):
    def measure(scale: Scale) -> Figures:
        rialto = Rialto.with_cast(Cast(scale.many(CONNECTIONS), 10, memberships))
        return _paced(rialto.measure(_flags(scale, 10)))

    return measure


def _members(size: int):
    return lambda scale: _paced(Rialto.with_cast(Cast(CONNECTIONS, size)).measure(_flags(scale, size)))


def _history(messages: int, reopenings: int = 1):
    def measure(scale: Scale) -> Figures:
        rialto = Rialto.with_cast(Cast(scale.many(CONNECTIONS), 10))
        data = rialto.copy()
        written = 0
        with rialto.serve(data) as server:
            began = time.monotonic()
            while written < scale.many(messages):
                # Many on their way, of which each makes ten deliveries: as fast as it goes.
                left = scale.many(messages) - written
                seconds = min(10.0, max(0.3, left / 30_000))
                report = rialto.load(server, ["--rate", "0", "--inflight", "40000", "--warmup", "0", "--duration", str(seconds)])
                written += report["load"]["sent"]
                if time.monotonic() - began > 400:
                    raise Failed(f"only {written} messages were written in 400 s")
        with rialto.serve(data) as server:
            figures = _paced(rialto.load(server, _flags(scale, 10)))
        size = sum(file.stat().st_size for file in data.rglob("*") if file.is_file())
        figures |= {"messages": written, "disk_mib": size / 2**20}
        return figures | _reopened(rialto, data, 1 if scale.quick else reopenings)

    return measure


def _reopened(rialto: Rialto, data: Path, times_over: int) -> Figures:
    """Kills the server in the middle of its work, and starts it again, some times."""
    times = []
    for _ in range(times_over):
        with rialto.serve(data) as server:
            # After connecting (two seconds of which are rest), in the middle of the load; its clients have reason to complain.
            killer = server.kill_after(5.0)
            rialto.load(None, ["--rate", "0", "--warmup", "0.1", "--duration", "9"], may_fail=True)
            killer.join()
        with rialto.serve(data) as server:
            times.append(server.started_in * 1e3)
    return {"reopened_ms": median(times), "reopened_ms_low": min(times), "reopened_ms_high": max(times)}


def _scenario(of: str, about: str, subjects: dict) -> Scenario:
    return Scenario(f"growth-{of}", about, subjects, once=True)


SCENARIOS = [
    _scenario(
        "channels",
        "1,000 connections in 1, 10, 100 channels of 10 each, 10,000 deliveries a second",
        {"100": _channels(1), "1,000": _channels(10), "10,000": _channels(100)},
    ),
    _scenario(
        "members",
        "1,000 connections in channels of 10, 100, 1,000, 10,000 deliveries a second",
        {"10": _members(10), "100": _members(100), "1,000": _members(1000)},
    ),
    _scenario(
        "history",
        "1,000 connections in 100 channels of 10 with a history, 10,000 deliveries a second; then killed under load and started again",
        {"10,000": _history(10_000), "100,000": _history(100_000), "1,000,000": _history(1_000_000, REOPENINGS)},
    ),
]
