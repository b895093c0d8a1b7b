"""Where the time goes, and where the memory is: `perf` and valgrind's massif, where this machine has them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import process
from places import ROOT, TARGET, WORK
from process import Failed
from scale import Scale
from scenarios import Figures, Scenario
from scenarios.rooms import CONNECTIONS, IN_FLIGHT
from subject import Cast, Rialto

# What a function's name tells of its work; the first that fits.
KERNEL = [
    ("kernel: files and fsync", r"ext4|jbd2|xfs|btrfs|iomap|blk_|bio_|fsync|filemap|folio|nvme|virtblk|virtio_blk|writeback|vfs_f|pwrite"),
    ("kernel: sockets", r"tcp|inet|sock|skb|ip_|ipv4|net|sk_|nf_|loopback|dev_|xmit|csum|__local_bh|softirq|napi|ep_|epoll|eventpoll"),
    ("kernel: threads and turns", r"sched|futex|wake|schedule|finish_task|switch|idle|rcu|hrtimer|timer"),
    ("kernel: copying, memory, other", r""),
]
PROGRAM = [
    ("SQLite", r"^sqlite3|^(vdbe|btree|pager|wal|pcache|getPage|pageFree|releaseMem|yy_|unix[A-Z]|balance|columnMem|applyAffinity)\w*(\.|$)"),
    ("the store (rialto_adapters)", r"rialto_adapters|rusqlite"),
    ("rules and use cases (rialto_domain, rialto_service)", r"rialto_domain|rialto_service"),
    ("sockets and connections (rialto_edge)", r"rialto_edge|^mio"),
    ("bytes and formats (rialto_wire, serde)", r"rialto_wire|serde|rmp|simdutf8|memchr|httparse|base64|itoa|core::fmt|core::str"),
    ("hashes and maps", r"hash|indexmap|BTreeMap|btree::|sha|crc"),
    ("allocation", r"malloc|free|calloc|realloc|_int_|alloc::|unlink_chunk|dealloc|^_?mi_"),
    ("copying and comparing", r"mem(cpy|move|set|cmp)|__mem"),
    ("runtime and locks", r"tokio|parking_lot|pthread|std::sync|crossbeam|core::(future|ops)"),
    ("other", r""),
]


def group(function: str, is_kernel: bool) -> str:
    return next(name for name, pattern in (KERNEL if is_kernel else PROGRAM) if re.search(pattern, function))


def shares(said: str) -> dict[str, dict[str, float]]:
    """By threads and groups, in percent: `perf report` with the fields overhead, comm, symbol."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for percent, thread, kind, function in re.findall(r"^ *([\d.]+)% +(\S+) +\[([k.])\] (.*?)[ -]*$", said, re.M):
        found[re.sub(r"-?\d+$", "", thread)][group(function, kind == "k")] += float(percent)
    # Many small figures, each of them rounded, do not make a hundred.
    whole = sum(sum(groups.values()) for groups in found.values()) / 100
    return {thread: {name: percent / whole for name, percent in groups.items()} for thread, groups in found.items()}


def _time(scale: Scale) -> Figures:
    if not shutil.which("perf"):
        raise Failed("perf is not installed (Debian: linux-perf)")
    rialto = Rialto.with_cast(Cast(scale.many(CONNECTIONS), 10))
    samples = WORK / "perf.data"
    with rialto.serve(rialto.copy()) as server:
        flags = ["--carrier", "socketio", "--rate", "0", "--inflight", str(scale.many(IN_FLIGHT)), "--warmup", "1", "--duration", "7"]
        with subprocess.Popen(rialto.load_command(flags), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as load:
            try:
                # Connecting, its rest, and the warm-up.
                time.sleep(5.0)
                process.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-p", str(server.pid), "-o", samples, "--", "sleep", "3"], within=60)
            finally:
                if load.wait(120) != 0:
                    raise Failed("the load under perf did not succeed")
    said = process.run(["perf", "report", "-i", samples, "--stdio", "--sort", "comm,symbol", "-F", "overhead,comm,symbol"], within=180)
    samples.unlink()
    if not (found := shares(said)):
        raise Failed("perf took no samples")
    return {f"thread {thread}": groups for thread, groups in found.items()}


def heap(tree: Iterable[str]) -> dict[str, float]:
    """Bytes by the file of ours whose code asked for them: a snapshot of massif, a tree indented by depth, roots first."""
    found: dict[str, float] = defaultdict(float)
    owners: list[str] = []
    for line in tree:
        if not (node := re.match(r"^( *)n(\d+): (\d+) (.*)$", line)):
            continue
        depth, below, held, place = len(node[1]), int(node[2]), int(node[3]), node[4]
        del owners[depth:]
        # The first on the way from the allocator outwards is whose it is.
        owner = owners[-1] if owners else ""
        if not owner and (ours := re.search(r"\bcrates/((?:domain|wire|service|adapters|edge|server)/src/[\w/]+\.rs)", place)):
            owner = ours[1]
        elif not owner and "sqlite3.c:" in place:
            owner = "SQLite"
        owners.append(owner)
        if below == 0:
            found[owner or "other"] += held
    return dict(found)


def _with_the_systems_allocator() -> Path:
    """The program as valgrind can look into it; how much is where does not depend on optimisation."""
    command = ["cargo", "build", "--locked", "--quiet", "--manifest-path", ROOT / "Cargo.toml", "--target-dir", TARGET]
    process.run([*command, "--package", "rialto", "--no-default-features"], within=1200)
    return TARGET / "debug" / "rialto"


def _snapshot(program: Path, connections: int) -> dict[str, float]:
    """The heap of a server with so many connections that say nothing."""
    rialto = Rialto.with_cast(Cast(connections, 100, 8))
    snapshot = WORK / "massif.out"
    massif = ["valgrind", "--tool=massif", "--read-inline-info=yes", "--fullpath-after=", "--num-callers=40", "--depth=60", "--threshold=0"]
    # Of its own accord it would write a tree every now and then.
    massif += ["--massif-out-file=/dev/null", "--max-snapshots=10", "--detailed-freq=1000000", "--vgdb=yes"]
    with rialto.serve(rialto.copy(), massif, program) as server:
        before = _descriptors(server.pid)
        with subprocess.Popen(rialto.load_command(["--idle", "--duration", "600"]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as load:
            try:
                until = time.monotonic() + 200
                while _descriptors(server.pid) < before + connections:
                    if time.monotonic() > until or load.poll() is not None:
                        raise Failed(f"{connections} connections to a server under valgrind were not made")
                    time.sleep(0.5)
                # Who is connected has yet to say hello.
                time.sleep(10.0)
                process.run(["vgdb", f"--pid={server.pid}", "detailed_snapshot", snapshot], within=120)
            finally:
                load.terminate()
    with snapshot.open() as tree:
        held = heap(tree)
    snapshot.unlink()
    return held


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def _memory(scale: Scale) -> Figures:
    if not shutil.which("vgdb"):
        raise Failed("valgrind is not installed (Debian: valgrind)")
    few, many = 100, 200 if scale.quick else 400
    program = _with_the_systems_allocator()
    with_few, with_many = _snapshot(program, few), _snapshot(program, many)
    # What is there with few is the server's; what many have more is the connections'.
    each = {name: (held - with_few.get(name, 0.0)) / (many - few) for name, held in with_many.items()}
    shown = {name: held for name, held in each.items() if abs(held) >= 1.0}
    return {"heap_bytes_each": sum(each.values()), "structures": dict(sorted(shown.items(), key=lambda item: -item[1]))}


SCENARIOS = [
    Scenario("profile-time", "where the server's time goes: rooms of 10, saturated, as `perf` samples it", {"rialto": _time}, once=True),
    Scenario(
        "profile-memory",
        "what a connection in 8 channels holds on the heap: valgrind's massif with 400 connections less the same with 100, by the file whose code asked for it",
        {"rialto": _memory},
        once=True,
    ),
]
