"""A server of the suite's own: the real program, on a port that is free, with a directory that is its own."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

PATIENCE_S = 20
PROGRAM = os.environ.get("RIALTO_BIN") or Path(__file__).parents[2] / "target/debug/rialto"

# Rates that no test reaches by being quick.
AMPLE = {
    "limits_registrations_per_address_per_hour": 1_000_000,
    "limits_log_ins_per_address_per_minute": 1_000_000,
    "limits_discoveries_per_minute": 1_000_000,
    "edge_drain_ms": 300,
}


class Server:
    """Started when made; `stop` ends it for good."""

    def __init__(self, conformance=False):
        self.url = None
        self.log = ""
        self._listen = "127.0.0.1:0"
        self._directory = None if conformance else tempfile.mkdtemp(prefix="rialto-e2e-")
        self._settings = {"profile": "conformance"} if conformance else {**AMPLE, "data_dir": self._directory}
        self._begin()

    def restart(self):
        """Ends it from one instruction to the next, and lets it live again with what it kept."""
        self._end(signal.SIGKILL)
        self._begin()

    def stop(self):
        self._end(signal.SIGTERM)
        if self._directory:
            shutil.rmtree(self._directory)
        assert "panicked" not in self.log, self.log

    def _begin(self):
        settings = {**self._settings, "listen": self._listen, "metrics_listen": "off"}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RIALTO_")}
        environment |= {f"RIALTO_{key.upper()}": str(value) for key, value in settings.items()}
        self._process = subprocess.Popen(
            [PROGRAM, "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        is_told = threading.Event()
        threading.Thread(target=self._hear, args=(self._process.stdout, is_told), daemon=True).start()
        if not is_told.wait(PATIENCE_S) or self.url is None:
            self._end(signal.SIGKILL)
            raise AssertionError(f"the server did not tell its address:\n{self.log}")
        # The next life is at the same address, so that clients find it again by themselves.
        self._listen = self.url.removeprefix("http://")

    def _hear(self, stream, is_told):
        for line in stream:
            self.log += line
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found and not is_told.is_set():
                self.url = found[0]
                is_told.set()
        is_told.set()

    def _end(self, how):
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait(PATIENCE_S)
