"""The store alone, without protocol or sockets: its own bench, `cargo bench -p rialto-adapters --bench store`."""

from __future__ import annotations

import json
import re

import process
from places import ROOT, WORK
from process import Failed
from scale import Scale
from scenarios import Figures, Scenario

MESSAGES = 1_000_000

# What the bench says, and what it is called here.
LINES = {
    "bytes_per_message": r"^bytes on disk per message: ([\d.]+)",
    "page_us": r"^last 50 messages: p50 ([\d.]+) us",
    "page_p99_us": r"^last 50 messages: p50 [\d.]+ us, p99 ([\d.]+) us",
    "older_page_us": r"^50 before a place: p50 ([\d.]+) us",
    "first_payload_us": r"^list of a user in \d+ channels: p50 ([\d.]+) us",
    "first_payload_p99_us": r"^list of a user in \d+ channels: p50 [\d.]+ us, p99 ([\d.]+) us",
}
REOPENED = r"^opened \d+ MiB and a log of \d+ MiB after a kill, \d+ not folded: ([\d.]+)(µs|ms|s)"
UNITS = {"µs": 1e-3, "ms": 1.0, "s": 1e3}


def read(said: str) -> Figures:
    """The figures in what the bench printed. Each number in flight is measured twice; the first time warms up."""
    figures: Figures = {}
    for in_flight, per_second, cpu_us, p50_ms, p99_ms in re.findall(r"^ *(\d+) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+)$", said, re.M):
        figures |= {
            f"stored_per_s_{in_flight}": float(per_second),
            f"cpu_us_{in_flight}": float(cpu_us),
            f"p50_ms_{in_flight}": float(p50_ms),
            f"p99_ms_{in_flight}": float(p99_ms),
        }
    for name, line in LINES.items():
        if found := re.search(line, said, re.M):
            figures[name] = float(found[1])
    if found := re.search(REOPENED, said, re.M):
        figures["reopened_ms"] = float(found[1]) * UNITS[found[2]]
    if missing := {*LINES, "reopened_ms", "stored_per_s_1024", "stored_per_s_256"} - figures.keys():
        raise Failed(f"the store's bench did not tell {', '.join(sorted(missing))}")
    return figures


def program() -> str:
    """The bench, which was built beforehand."""
    said = process.run(["cargo", "bench", "--locked", "-p", "rialto-adapters", "--bench", "store", "--no-run", "--message-format", "json"], within=1800, cwd=ROOT)
    for line in said.splitlines():
        told = json.loads(line)
        if told.get("reason") == "compiler-artifact" and told["target"]["name"] == "store" and told.get("executable"):
            return told["executable"]
    raise Failed("cargo did not tell where the store's bench is")


def _measure(scale: Scale) -> Figures:
    WORK.mkdir(parents=True, exist_ok=True)
    return read(process.run([program(), str(scale.many(MESSAGES)), str(WORK), "--bench"], within=900))


SCENARIO = Scenario("store", "the store alone with 1,000,000 messages in 10,000 channels, as busy as Zipf's law makes them", {"rialto": _measure})
