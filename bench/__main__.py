"""Measures Rialto beside its peers: `make bench`, or `python3 bench --help`."""

from __future__ import annotations

import argparse
import resource
import shlex
import signal
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import machine
import report
import scenarios
from places import EXPLANATIONS, RIALTO, ROOT, WORK
from results import Results
from scale import Scale
from subject import Rialto
from turns import turn


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description="Measures Rialto beside its peers and writes RESULTS.md and results.json.")
    parser.add_argument("--only", action="append", metavar="NAME", help="this scenario alone, or those that begin so; may be repeated")
    parser.add_argument("--rounds", type=int, default=4, help="how often each subject has its turn (default 4)")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, one round: shows that it works")
    parser.add_argument("--out", type=Path, help="where to write; the default is bench/ for a whole run and target/bench/out for any other")
    parser.add_argument("--report", type=Path, metavar="RESULTS.JSON", help="measure nothing: write RESULTS.md anew from these results")
    parser.add_argument("--list", action="store_true", help="tell the scenarios")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    every = scenarios.every()
    if asked.list:
        print("\n".join(f"{one.name:16} {one.about}" for one in every))
        return 0
    if asked.report:
        write(Results.load(asked.report), asked.out or asked.report.parent)
        return 0
    names = {one.name for one in every}
    chosen = [one for one in every if not asked.only or any(one.name == name or name not in names and one.name.startswith(name) for name in asked.only)]
    if not chosen:
        print(f"no scenario begins with {' or '.join(asked.only)}; --list tells them", file=sys.stderr)
        return 2
    if not RIALTO.exists():
        print(f"{RIALTO} is not there: make build", file=sys.stderr)
        return 2
    rounds = 1 if asked.quick else max(asked.rounds, 1)
    is_whole = not asked.only and not asked.quick and rounds >= 4
    out = asked.out or (ROOT / "bench" if is_whole else WORK / "out")

    # A connection is a descriptor, here and in every program that is started from here.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # Whoever ends us ends what we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    results = Results(
        date=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        command=shlex.join(["make", "bench", *([f"ARGS={shlex.join(sys.argv[1:])}"] if sys.argv[1:] else [])]),
        rounds=rounds,
        quick=asked.quick,
        machine=machine.describe(),
        versions=machine.versions(),
        scenarios={one.name: one.about for one in chosen},
    )
    began = time.monotonic()
    try:
        for place in range(rounds):
            for scenario in chosen:
                if place == 0 or not scenario.once:
                    turn(results, scenario, place, Scale(asked.quick))
                    results.minutes = (time.monotonic() - began) / 60
                    # What is measured is kept, whatever comes.
                    results.save(out / "results.json")
    finally:
        Rialto.forget_all()
    write(results, out)
    return 1 if results.failures() else 0


def write(results: Results, out: Path) -> None:
    explanations = EXPLANATIONS.read_text() if EXPLANATIONS.exists() else ""
    path = out / "RESULTS.md"
    path.write_text(report.render(results, explanations))
    print(f"   written: {path}, {out / 'results.json'}")


if __name__ == "__main__":
    sys.exit(main())
