"""As many connections as the usual limit of descriptors lets a process have, for longer than two heartbeats."""

from __future__ import annotations

from scale import Scale
from scenarios import Figures, Scenario
from scenarios.connections import idle
from subject import Cast, Rialto

CONNECTIONS, ROOM, SECONDS = 19_000, 100, 60


def _measure(scale: Scale) -> Figures:
    rialto = Rialto.with_cast(Cast(scale.many(CONNECTIONS), ROOM))
    seconds = 30 if scale.quick else SECONDS
    # One address has 28,000 ports, some of which may still be in use.
    report = rialto.measure(["--carrier", "socketio", "--idle", "--duration", str(seconds), "--src-ips", "4"])
    rest = report["idle"]
    return idle(report) | {
        "connections": report["connect"]["connections"],
        "dropped": rest["lost_connections"],
        "heartbeats": rest["heartbeats"],
        "rss_mib": rest["rss_bytes"] / 2**20,
    }


SCENARIO = Scenario("held", "19,000 Socket.IO connections for a minute; the server asks each every 25 seconds whether it is there", {"rialto": _measure}, once=True)
