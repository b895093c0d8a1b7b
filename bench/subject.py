"""Who is measured: Rialto, its peers, and the floor of the machine."""

from __future__ import annotations

import json
import random
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import process
from places import FLOOR, PEERS, RIALTO, WORK
from process import Failed, Process

# Open-handed limits: the load comes from one address, and is the only one. Tokens live as long as a run takes.
LIMITS = {
    "limits-registrations-per-address-per-hour": 1_000_000,
    "limits-discoveries-per-minute": 1_000_000,
    "limits-commands-per-second": 100_000,
    "limits-command-burst": 1_000_000,
    "limits-commands-per-address-per-second": 1_000_000,
    "edge-connections-per-address": 100_000,
    "tokens-access-ttl-s": 86_400,
}


def free_port() -> int:
    """A port nobody listens on, below those that connections are given: a server comes back to it."""
    for _ in range(200):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Failed("no free port was found")


def load_command(port: int, server: Process | None, flags: list[str]) -> list[str]:
    measured = ["--pid", str(server.pid)] if server else []
    return [str(RIALTO), "load", "--url", f"http://127.0.0.1:{port}", "--json", *measured, *flags]


def load(port: int, server: Process | None, flags: list[str], within: float = 240.0, may_fail: bool = False) -> dict:
    """What `rialto load` found out."""
    said = process.run(load_command(port, server, flags), within, may_fail=may_fail)
    report = json.loads(said) if said.strip() else {}
    if not may_fail and (refused := report.get("faults", {}).get("refusals")):
        raise Failed(f"the server refused what it was to be measured with: {refused}")
    return report


@dataclass(frozen=True)
class Cast:
    """Accounts and channels as `rialto load` makes them."""

    connections: int
    channel_size: int
    memberships: int = 1

    @property
    def flags(self) -> list[str]:
        return ["-n", str(self.connections), "-m", str(self.channel_size), "--memberships", str(self.memberships)]


class Rialto:
    """A server with a cast. The cast is made once; each run begins with a copy of the data as they were then."""

    _prepared: dict[Cast, "Rialto"] = {}

    def __init__(self, cast: Cast):
        self.cast, self.port = cast, free_port()
        self._home = WORK / f"rialto-{cast.connections}-{cast.channel_size}-{cast.memberships}"
        self._flags = [*cast.flags, "--setup-file", str(self._home / "cast.json")]
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir(parents=True)
        with self.serve(self._home / "prepared") as server:
            load(self.port, server, [*self._flags, "--setup-only"], within=600.0)

    @classmethod
    def with_cast(cls, cast: Cast) -> "Rialto":
        if cast not in cls._prepared:
            cls._prepared[cast] = cls(cast)
        return cls._prepared[cast]

    @classmethod
    def forget_all(cls) -> None:
        for prepared in cls._prepared.values():
            shutil.rmtree(prepared._home, ignore_errors=True)
        cls._prepared.clear()

    def copy(self) -> Path:
        """The data as they were when the cast was made."""
        data = self._home / "run"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self._home / "prepared", data)
        return data

    def serve(self, data: Path, before: list[str] = [], program: Path = RIALTO) -> Process:
        """The server on these data; `before` runs it under another program."""
        command = [*before, program, "serve", "--listen", f"127.0.0.1:{self.port}", "--metrics-listen", "off", "--data-dir", data]
        command += [f"--{name}={value}" for name, value in LIMITS.items()]
        return Process(command, ready="Rialto is at ", within=180.0 if before else 60.0)

    def measure(self, flags: list[str], within: float = 240.0) -> dict:
        """One run of the load on a fresh server."""
        with self.serve(self.copy()) as server:
            return self.load(server, flags, within)

    def load(self, server: Process | None, flags: list[str], within: float = 240.0, may_fail: bool = False) -> dict:
        return load(self.port, server, [*self._flags, *flags], within, may_fail)

    def load_command(self, flags: list[str]) -> list[str]:
        """The load as a program, for who runs it beside something else."""
        return load_command(self.port, None, [*self._flags, *flags])


class Peer:
    """A server of other make, in Node, for the bench contract of `rialto load`."""

    def __init__(self, program: str, carrier: str):
        self._program, self._carrier = program, carrier

    def measure(self, cast: Cast, flags: list[str], within: float = 240.0) -> dict:
        if not (PEERS / "node_modules").exists():
            raise Failed("the peers are not installed: npm --prefix bench/peers ci")
        port = free_port()
        flags = ["--contract", "bench", "--carrier", self._carrier, *Cast(cast.connections, cast.channel_size).flags, *flags]
        with Process(["node", PEERS / self._program, str(port)], ready="ready") as server:
            return load(port, server, flags, within)


SOCKETIO = Peer("socketio.js", "socketio")
WS = Peer("ws.js", "json")


def floor(sockets: int, frame_bytes: int, frames_per_write: int, sweeps_per_second: float, seconds: float) -> dict:
    """What the machine takes for bare writes."""
    arguments = [sockets, frame_bytes, frames_per_write, sweeps_per_second, seconds]
    return json.loads(process.run([FLOOR, *map(str, arguments)], within=seconds + 60))
