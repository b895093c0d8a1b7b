"""RESULTS.md, written from the results and from what people say about them in explanations.md."""

from __future__ import annotations

import re

from figures import number
from results import Results
from targets import TARGETS

# What figures are called, and in which order they are shown.
NAMES = {
    "cpu_us": "server CPU µs per delivery",
    "deliveries_per_s": "deliveries/s",
    "messages_per_s": "messages/s",
    "messages_per_cpu_s": "messages per server-CPU-second",
    "received_p99_ms": "received p99 ms",
    "stored_p50_ms": "stored p50 ms",
    "stored_p99_ms": "stored p99 ms",
    "delivered_p99_ms": "delivered p99 ms",
    "server_cpu_percent": "server CPU %",
    "generator_cpu_percent": "generator CPU %",
    "connections": "connections",
    "dropped": "dropped",
    "heartbeats": "heartbeats answered",
    "bytes_each": "resident bytes per connection",
    "mapped_bytes_each": "of these, pages of files",
    "connect_cpu_us": "server CPU µs per connect",
    "connects_per_s": "connects/s",
    "idle_cpu_percent": "server CPU % when idle",
    "clients": "clients",
    "seconds": "seconds until all had all",
    "p50_s": "p50 of clients s",
    "p99_s": "p99 of clients s",
    "cpu_us_each": "server CPU µs per client",
    "lost": "lost",
    "doubled": "doubled",
    "rss_before_mib": "memory before MiB",
    "rss_peak_mib": "memory at most MiB",
    "rss_mib": "memory MiB",
    "messages": "messages in history",
    "disk_mib": "data directory MiB",
    "stored_per_s_1024": "stored/s, 1,024 in flight",
    "p99_ms_1024": "their p99 ms",
    "cpu_us_1024": "their CPU µs each",
    "stored_per_s_256": "stored/s, 256 in flight",
    "p99_ms_256": "their p99 ms",
    "cpu_us_256": "their CPU µs each",
    "stored_per_s_32": "stored/s, 32 in flight",
    "p99_ms_32": "their p99 ms",
    "bytes_per_message": "bytes on disk per message",
    "page_us": "last 50 messages p50 µs",
    "page_p99_us": "their p99 µs",
    "older_page_us": "50 older messages p50 µs",
    "first_payload_us": "first payload p50 µs",
    "first_payload_p99_us": "its p99 µs",
    "reopened_ms": "reopened after a kill ms",
    "reopened_ms_low": "fastest ms",
    "reopened_ms_high": "slowest ms",
    "heap_bytes_each": "heap bytes per connection",
}


def render(results: Results, explanations: str) -> str:
    parts = [_head(results), _targets(results, _sections(explanations)), _ratios(results)]
    parts += [_scenario(results, name, about) for name, about in results.scenarios.items()]
    parts += [_failures(results), _general(_sections(explanations))]
    return "\n".join(part for part in parts if part)


def _head(results: Results) -> str:
    lines = [
        "# Results",
        "Written by `make bench`; what is said about gaps comes from `explanations.md`. Figures are medians (ranges) over the rounds; ratios are taken within a round.",
        "CPU is what the scheduler gave the server's threads; on loopback it includes the receiver's half of TCP. Rialto stores every message durably before it delivers it; its peers store nothing.",
        "",
    ]
    if results.quick:
        lines += ["**A quick run: a tenth of the connections, short times. It shows that the bench works, and nothing else.**", ""]
    rows = {"date": results.date, "command": f"`{results.command}`", "rounds": f"{results.rounds}, {results.minutes:.0f} minutes altogether"}
    rows |= results.machine | results.versions
    return "\n".join(lines) + "\n" + _table(["", ""], [[name, value] for name, value in rows.items()])


def _targets(results: Results, explanations: dict[str, str]) -> str:
    rows, notes = [], []
    for target in TARGETS:
        spread = target.figure(results)
        verdict = target.verdict(spread)
        rows.append([f"**{target.name}**: {target.what}", target.wanted(), f"{spread}{target.unit}" if spread else "–", verdict])
        if "not" in verdict and target.name in explanations and spread:
            notes.append(f"- **{target.name}**: {explanations[target.name]}")
    text = "## Targets\n" + _table(["what", "target", "figure", ""], rows)
    return text + ("\n### Why not\n" + "\n".join(notes) + "\n" if notes else "")


def _ratios(results: Results) -> str:
    """Everybody against Rialto on the same carrier, in the scenarios that have peers."""
    rows = []
    for scenario in results.scenarios:
        figure = "bytes_each" if scenario == "connections" else "cpu_us"
        pairs = {"socket.io": "rialto", "ws": "rialto, plain WebSocket"}
        if scenario == "connections":
            pairs = {"socket.io": "rialto, 8 channels, Socket.IO", "ws": "rialto, 8 channels"}
        for peer, ours in pairs.items():
            if spread := results.ratio(scenario, peer, ours, figure):
                rows.append([scenario, peer, NAMES[figure], f"{spread}×"])
            if scenario == "connections" and (spread := results.ratio(scenario, peer, ours, "connect_cpu_us")):
                rows.append([scenario, peer, NAMES["connect_cpu_us"], f"{spread}×"])
        for floor in (name for name in results.subjects(scenario) if name.startswith("floor")):
            if spread := results.ratio(scenario, "rialto", floor, "cpu_us"):
                rows.append([scenario, f"{floor} (Rialto is so many times above it)", NAMES["cpu_us"], f"{spread}×"])
    return "## Beside others\n" + _table(["scenario", "who", "figure", "times Rialto's"], rows) if rows else ""


def _scenario(results: Results, name: str, about: str) -> str:
    subjects = results.subjects(name)
    shown = [figure for figure in NAMES if any(results.values(name, subject, figure) for subject in subjects)]
    cells = lambda figure: [str(results.spread(name, subject, figure) or "–") for subject in subjects]
    text = f"## {name}\n{about[0].upper()}{about[1:]}.\n\n"
    if shown:
        text += _table(["", *subjects], [[NAMES[figure], *cells(figure)] for figure in shown])
    return text + "".join(_tables(results, name, subject) for subject in subjects)


def _tables(results: Results, scenario: str, subject: str) -> str:
    tables = results.table(scenario, subject)
    threads = {name.removeprefix("thread "): groups for name, groups in tables.items() if name.startswith("thread ")}
    text = ""
    if threads:
        groups = sorted({group for told in threads.values() for group in told}, key=lambda group: -sum(told.get(group, 0) for told in threads.values()))
        rows = [[group, *(_share(told.get(group, 0)) for told in threads.values()), _share(sum(told.get(group, 0) for told in threads.values()))] for group in groups]
        rows.append(["altogether", *(_share(sum(told.values())) for told in threads.values()), _share(sum(sum(told.values()) for told in threads.values()))])
        text += "\n% of the server's CPU time, by thread\n\n" + _table(["", *threads, "altogether"], rows)
    if told := tables.get("structures"):
        text += "\n" + _table(["whose code asked for it", "bytes per connection"], [[f"`{name}`", number(held)] for name, held in told.items()])
    if (told := tables.get("threads_us")) and subject.startswith(("rialto", "one", "two")):
        busy = {name: us for name, us in _merged(told).items() if us >= 0.01}
        text += f"\n{subject}, CPU µs per delivery by thread (last round): " + ", ".join(f"`{name}` {number(us)}" for name, us in busy.items()) + "\n"
    return text


def _merged(threads: dict[str, float]) -> dict[str, float]:
    """Numbered threads of one kind are one."""
    merged: dict[str, float] = {}
    for name, us in threads.items():
        kind = re.sub(r"-?\d+$", "", name)
        merged[kind] = merged.get(kind, 0.0) + us
    return dict(sorted(merged.items(), key=lambda item: -item[1]))


def _share(percent: float) -> str:
    return f"{percent:.1f}" if percent >= 0.05 else "–"


def _failures(results: Results) -> str:
    failures = [f"- {one.scenario}, {one.subject}, round {one.round + 1}: {one.failure}" for one in results.failures()]
    return "## What failed\n" + "\n".join(failures) + "\n" if failures else ""


def _general(explanations: dict[str, str]) -> str:
    """What people have to say about no single target."""
    names = {target.name for target in TARGETS}
    return "\n".join(f"## {name}\n{text}\n" for name, text in explanations.items() if name not in names)


def _sections(text: str) -> dict[str, str]:
    parts = re.split(r"^## +(.*)$", text, flags=re.M)[1:]
    return {name.strip(): said.strip() for name, said in zip(parts[::2], parts[1::2])}


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows]) + "\n"
