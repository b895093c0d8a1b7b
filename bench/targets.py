"""What Rialto is to reach, and whether a run reached it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from figures import Spread
from results import Results


@dataclass(frozen=True)
class Target:
    """A bound that the median of a figure keeps; the stretch is what would be better still."""

    # Also its heading in explanations.md.
    name: str
    what: str
    unit: str
    figure: Callable[[Results], Spread | None]
    bound: float
    stretch: float | None = None
    is_least: bool = False

    def verdict(self, spread: Spread | None) -> str:
        if spread is None:
            return "not measured"
        if not self._keeps(spread.middle, self.bound):
            return "**not met**"
        return "met, and the stretch" if self.stretch is not None and self._keeps(spread.middle, self.stretch) else "met"

    def wanted(self) -> str:
        sign = "≥" if self.is_least else "≤"
        stretch = f" (stretch {self.stretch:,g})" if self.stretch is not None else ""
        return f"{sign} {self.bound:,g}{self.unit}{stretch}"

    def _keeps(self, value: float, bound: float) -> bool:
        return value >= bound if self.is_least else value <= bound


def _of(scenario: str, subject: str, figure: str) -> Callable[[Results], Spread | None]:
    return lambda results: results.spread(scenario, subject, figure)


def _times(scenario: str, over: str, under: str, figure: str = "cpu_us") -> Callable[[Results], Spread | None]:
    return lambda results: results.ratio(scenario, over, under, figure)


TARGETS = [
    Target("rooms of 100, saturated", "server CPU per delivered and stored message: times less than Node socket.io, which stores nothing", "×", _times("rooms-100", "socket.io", "rialto"), 20, 35, is_least=True),
    Target("rooms of 1,000, against socket.io", "server CPU per delivered and stored message, open loop, 10,000 deliveries/s: times less than Node socket.io", "×", _times("rooms-1000", "socket.io", "rialto"), 5, is_least=True),
    Target("rooms of 1,000, against the floor", "the same: times the paced floor of this machine", "×", _times("rooms-1000", "rialto", "floor"), 1.5, 1.25),
    Target("memory of a connection", "resident bytes per idle connection, 10,000 connections in 8 channels each", " bytes", _of("connections", "rialto, 8 channels", "bytes_each"), 2048, 614),
    Target("connecting", "server CPU per WebSocket connect and hello (token verified, first payload of 8 channels sent)", " µs", _of("connections", "rialto, 8 channels", "connect_cpu_us"), 100, 40),
    Target("durable, one member", "WebSocket in → fsynced → delivered to the one member: messages per server-CPU-second", "", _of("durable", "one member, saturated", "messages_per_cpu_s"), 40_000, is_least=True),
    Target("durable, two members", "the same, delivered to both members of channels of two", "", _of("durable", "two members, saturated", "messages_per_cpu_s"), 40_000, is_least=True),
    Target("durable, one member, p99", "send → stored at 10,000 messages/s, p99", " ms", _of("durable", "one member, 10,000/s", "stored_p99_ms"), 20),
    Target("durable, two members, p99", "the same, channels of two", " ms", _of("durable", "two members, 10,000/s", "stored_p99_ms"), 20),
    Target("store, 1,024 in flight", "the store alone: stored messages a second", "/s", _of("store", "rialto", "stored_per_s_1024"), 88_000, 100_000, is_least=True),
    Target("store, 256 in flight", "the same, 256 in flight", "/s", _of("store", "rialto", "stored_per_s_256"), 58_000, 75_000, is_least=True),
    Target("store, 256 in flight, p99", "the same: p99 of an append (a stretch only)", " ms", _of("store", "rialto", "p99_ms_256"), 8),
    Target("store, bytes", "bytes on disk per message", " bytes", _of("store", "rialto", "bytes_per_message"), 190),
    Target("history page", "a page of 50 messages, warm, 1 million messages: p50 of store time", " µs", _of("store", "rialto", "page_us"), 50),
    Target("first payload", "the first payload, warm, 1 million messages: p50 of store time", " µs", _of("store", "rialto", "first_payload_us"), 150),
    Target("resume", "1,000 clients with 200 missed messages each come back at once: messages lost", "", _of("resume", "rialto", "lost"), 0),
    Target("held", "19,000 connections held for a minute with heartbeats: connections dropped", "", _of("held", "rialto", "dropped"), 0),
    Target("reopening", "from the start of the process to its address after a kill under load, at 1 million messages", " ms", _of("growth-history", "1,000,000", "reopened_ms"), 300),
    Target("reopening the store", "the store alone after a kill, at 1 million messages and 120,000 not folded", " ms", _of("store", "rialto", "reopened_ms"), 300),
]
