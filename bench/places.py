"""Where things lie."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
RIALTO = TARGET / "release" / "rialto"
FLOOR = TARGET / "release" / "rialto-bench-floor"
PEERS = ROOT / "bench" / "peers"
EXPLANATIONS = ROOT / "bench" / "explanations.md"
# Data of servers under test. On the disk of the project: a temporary directory may be memory, where fsync costs nothing.
WORK = TARGET / "bench"
