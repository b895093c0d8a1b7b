"""Where a run happened, and of what versions."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

from places import PEERS, ROOT, WORK


def describe() -> dict[str, str]:
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{_memory_bytes() / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}, {_distribution()}",
        "disk": _disk(),
        "descriptors": _descriptors(),
        "load before": " ".join(f"{average:.2f}" for average in os.getloadavg()) + " (1, 5, 15 minutes; 0 is a quiet machine)",
    }


def versions() -> dict[str, str]:
    changed = _says("git", "status", "--porcelain", "--untracked-files=no", "--", "crates", "Cargo.toml", "Cargo.lock")
    return {
        "rialto": _says("git", "rev-parse", "--short", "HEAD") + (" with changes" if changed else ""),
        "rustc": _says("rustc", "--version").removeprefix("rustc "),
        "node": _says("node", "--version").removeprefix("v"),
        "socket.io": _package("socket.io"),
        "ws": _package("ws"),
    }


def _says(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def _package(name: str) -> str:
    manifest = PEERS / "node_modules" / name / "package.json"
    found = re.search(r'"version": *"([^"]+)"', manifest.read_text()) if manifest.exists() else None
    return found[1] if found else "not installed"


def _processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return found[1].strip() if found else platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return ""


def _disk() -> str:
    return _says("findmnt", "--noheadings", "--output", "SOURCE,FSTYPE", "--target", str(WORK.parent)).replace("\n", " ")


def _descriptors() -> str:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return f"{soft} of {hard}"
