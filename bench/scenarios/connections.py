"""Connections that say nothing: what each takes of memory, and what it costs to open."""

from __future__ import annotations

from scale import Scale
from scenarios import Figures, Scenario
from subject import SOCKETIO, WS, Cast, Rialto

CONNECTIONS, ROOM = 10_000, 100


def idle(report: dict) -> Figures:
    """The figures of a run without load."""
    connect, rest = report["connect"], report["idle"]
    return {
        "bytes_each": (rest["rss_bytes"] - connect["rss_before_bytes"]) / connect["connections"],
        "connect_cpu_us": connect["server_cpu_us_each"],
        "connects_per_s": connect["connections"] / connect["seconds"],
        "idle_cpu_percent": rest["server_cpu_percent"],
    }


def _rialto(memberships: int, carrier: str):
    def measure(scale: Scale) -> Figures:
        rialto = Rialto.with_cast(Cast(scale.many(CONNECTIONS), ROOM, memberships))
        with rialto.serve(rialto.copy()) as server:
            before = server.mapped_bytes()
            figures = idle(report := rialto.load(server, [*_flags(scale), "--carrier", carrier]))
            return figures | {"mapped_bytes_each": (server.mapped_bytes() - before) / report["connect"]["connections"]}

    return measure


def _peer(program):
    return lambda scale: idle(program.measure(Cast(scale.many(CONNECTIONS), ROOM), _flags(scale)))


def _flags(scale: Scale) -> list[str]:
    return ["--idle", "--duration", str(scale.seconds(2.0))]


SCENARIO = Scenario(
    "connections",
    "10,000 connections that say nothing, in rooms of 100; Rialto's are logged in",
    {
        "rialto, 8 channels": _rialto(8, "json"),
        "rialto, 8 channels, Socket.IO": _rialto(8, "socketio"),
        "rialto, 1 channel": _rialto(1, "json"),
        "socket.io": _peer(SOCKETIO),
        "ws": _peer(WS),
    },
)
