"""Rooms in which everybody hears everything: what a delivered message costs the server."""

from __future__ import annotations

from scale import Scale
from scenarios import Figures, Scenario
from subject import SOCKETIO, WS, Cast, Rialto, floor

CONNECTIONS = 1000
# A text of 130 bytes in its frame, as Rialto writes it.
FRAME_BYTES = 400
# Deliveries on their way in a saturated run: sixty for each connection.
IN_FLIGHT = 60_000
DELIVERIES_PER_SECOND = 10_000


def cost(report: dict) -> Figures:
    """The figures of a run under load."""
    load, latency = report["load"], report["latency_us"]
    # Those that arrived: what was sent beyond them still waits.
    messages_per_s = load["deliveries_per_second"] / load["channel_size"]
    figures: Figures = {
        "cpu_us": load["server_cpu_us_per_delivery"],
        "deliveries_per_s": load["deliveries_per_second"],
        "messages_per_s": messages_per_s,
        "messages_per_cpu_s": messages_per_s * 100 / load["server_cpu_percent"],
        "server_cpu_percent": load["server_cpu_percent"],
        "generator_cpu_percent": load["own_cpu_percent"],
        "received_p99_ms": latency["received"]["p99"] / 1e3,
        "threads_us": load["server_threads_us_per_delivery"],
    }
    if latency["stored"]["count"]:
        figures |= {"stored_p50_ms": latency["stored"]["p50"] / 1e3, "stored_p99_ms": latency["stored"]["p99"] / 1e3}
    # Nobody else hears what is said to the only member.
    if latency["delivered"]["count"]:
        figures["delivered_p99_ms"] = latency["delivered"]["p99"] / 1e3
    return figures


def _scenario(size: int, saturated: bool, about: str) -> Scenario:
    def cast(scale: Scale) -> Cast:
        return Cast(max(scale.many(CONNECTIONS), size), size)

    def flags(scale: Scale) -> list[str]:
        pace = ["--rate", "0", "--inflight", str(scale.many(IN_FLIGHT))] if saturated else ["--rate", str(DELIVERIES_PER_SECOND / size)]
        return [*pace, *scale.timing]

    def rialto(carrier: str):
        return lambda scale: cost(Rialto.with_cast(cast(scale)).measure(["--carrier", carrier, *flags(scale)]))

    def peer(program):
        return lambda scale: cost(program.measure(cast(scale), flags(scale)))

    def bare(frames_per_write: int):
        def measure(scale: Scale) -> Figures:
            sweeps = 0 if saturated else DELIVERIES_PER_SECOND / CONNECTIONS
            told = floor(cast(scale).connections, FRAME_BYTES, frames_per_write, sweeps, scale.seconds(3.0))
            return {"cpu_us": told["cpu_us_per_frame"], "deliveries_per_s": told["frames_per_second"]}

        return measure

    subjects = {
        "rialto": rialto("socketio"),
        "socket.io": peer(SOCKETIO),
        "rialto, plain WebSocket": rialto("json"),
        "ws": peer(WS),
        "floor": bare(1),
    }
    if saturated:
        # As many frames in a write as are on their way to each connection.
        subjects["floor, 60 frames a write"] = bare(IN_FLIGHT // CONNECTIONS)
    return Scenario(f"rooms-{size}", about, subjects)


SCENARIOS = [
    _scenario(100, True, "1,000 connections in rooms of 100, as fast as it goes, 60,000 deliveries on their way"),
    _scenario(1000, False, "1,000 connections in one room, open loop, 10,000 deliveries a second"),
    _scenario(10, True, "1,000 connections in rooms of 10, as fast as it goes, 60,000 deliveries on their way"),
]
