"""Programs that are started here, and end here. None but these is ever ended."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
import threading
import time
from pathlib import Path

# How long a program may take to end by itself.
PATIENCE = 60.0


class Failed(Exception):
    """A measurement that did not come about, and why."""


class Process:
    """A program that runs beside us until it is told to stop."""

    def __init__(self, command: list[str | Path], ready: str, within: float = 60.0, cwd: Path | None = None):
        """Starts it, and waits for the line of its output that begins with `ready`; the rest of that line is `told`."""
        self.command = [str(part) for part in command]
        self._errors = tempfile.TemporaryFile("w+")
        self._drained: threading.Thread | None = None
        began = time.monotonic()
        self._child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors, text=True, cwd=cwd)
        try:
            self.told = self._wait_for(ready, within)
        except BaseException:
            # Nobody has it yet who could stop it, even when we are the ones who are told to end.
            self.kill()
            self._close()
            raise
        self.started_in = time.monotonic() - began

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._child.pid

    def mapped_bytes(self) -> int:
        """Resident pages of files: a program, and a database that is read in place. The system takes them back at will."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(("RssFile:", "RssShmem:")))

    def stop(self) -> None:
        """Asks it to end, and sees to it when it does not."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        self._close()

    def kill(self) -> None:
        """Ends it as a power cut does."""
        self._child.kill()
        self._child.wait()

    def kill_after(self, seconds: float) -> threading.Timer:
        killer = threading.Timer(seconds, self.kill)
        killer.start()
        return killer

    def _wait_for(self, ready: str, within: float) -> str:
        # A program that neither speaks nor ends is killed, which ends its output.
        alarm = threading.Timer(within, self._child.kill)
        alarm.start()
        try:
            for line in self._child.stdout:
                if line.startswith(ready):
                    self._drained = threading.Thread(target=self._drain, daemon=True)
                    self._drained.start()
                    return line.removeprefix(ready).strip()
        finally:
            alarm.cancel()
        self.kill()
        self._errors.seek(0)
        raise Failed(f"`{spelled(self.command)}` did not start: {last_line(self._errors.read())}")

    def _close(self) -> None:
        if self._drained:
            self._drained.join(PATIENCE)
        self._child.stdout.close()
        self._errors.close()

    def _drain(self) -> None:
        """What it still says goes nowhere, but must not block it."""
        for _ in self._child.stdout:
            pass


def run(command: list[str | Path], within: float, cwd: Path | None = None, may_fail: bool = False) -> str:
    """Runs a program to its end, and gives what it printed."""
    command = [str(part) for part in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=within, stdin=subprocess.DEVNULL, cwd=cwd, check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"`{spelled(command)}` took more than {within:.0f} s") from None
    except OSError as error:
        raise Failed(f"`{spelled(command)}` cannot be run: {error}") from None
    if done.returncode != 0 and not may_fail:
        raise Failed(f"`{spelled(command)}` ended with {done.returncode}: {last_line(done.stderr.strip() or done.stdout)}")
    return done.stdout


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:400] if lines else "it said nothing"


def spelled(command: list[str]) -> str:
    """As one would type it, with the paths of this checkout shortened."""
    from places import ROOT, TARGET

    return shlex.join(command).replace(str(TARGET), "target").replace(f"{ROOT}{os.sep}", "")
