"""Makes Python 3 of Autobahn|Testsuite, which is written in Python 2, where pip has installed it.

The syntax is fissix's work (the 2to3 that outlives Python's own). What remains is the text of Python 2, which is bytes: a source is read as
Latin-1, so that each byte of a literal becomes the character of the same number. `suite.py` turns such text into bytes where it meets a socket.
"""

import importlib.util
import re
import sys
from pathlib import Path

from fissix.refactor import RefactoringTool

FIXERS = ["except", "has_key", "import", "ne", "print", "raise", "unicode", "xrange"]

# What no fixer knows: (files, what stands there, what is to stand there). Every one must be found: the version is pinned.
EDITS = [
    # The package imports all its modes; the fuzzing client is the one that is needed.
    ("__init__.py", r"(?sm)^import warnings.*", ""),
    ("case/__init__.py", r"from case9_9_1 import \*\n", ""),
    # An ancestor cannot come before its heir.
    ("case/case*.py", r"\(object, Case, ?\)", "(Case,)"),
    # Two equal lists may have different pickles, as a text that occurs twice may be one object or two.
    ("case/case.py", r"pickle\.dumps\(obj1\) == pickle\.dumps\(obj2\)", "obj1 == obj2"),
    ("case/case10_1_1.py", r"len\(self\.payload\) /", "len(self.payload) //"),
    # Both ask for bytes and are given text.
    ("case/case*.py", r"\bbinascii\.b2a_hex\(", "hexadecimal("),
    ("case/case*.py", r"(?m)^import binascii$", "from autobahntestsuite.python2 import hexadecimal"),
    ("case/case6_x_x.py", r"v\.validate\(vss\[:i\]\)", "v.validate(vss[:i].encode('latin-1'))"),
    ("fuzzing.py", r"\bbinascii\.b2a_hex\(", "hexadecimal("),
    ("fuzzing.py", r"(?m)^import os, json, binascii,", "from autobahntestsuite.python2 import hexadecimal\nimport os, json,"),
    # Reports are read by a program here; those for people want their looks from another module.
    ("fuzzing.py", r"from report import (\w+, \\\n\s+)*\w+\n", ""),
    # TLS is not asked for, and would need OpenSSL for Python.
    ("fuzzing.py", r"from twisted\.internet import reactor, ssl", "from twisted.internet import reactor"),
    ("fuzzing.py", r"ssl\.ClientContextFactory\(\)", "None"),
    ("fuzzing.py", r"dd\.decode\('utf8',", "dd.encode('latin-1').decode('utf8',"),
]

PYTHON2 = '''\
def hexadecimal(text):
    """What Python 2 calls b2a_hex, of a text of bytes."""
    return (text if isinstance(text, bytes) else text.encode("latin-1")).hex()
'''


def main():
    package = Path(importlib.util.find_spec("autobahntestsuite").submodule_search_locations[0])
    for pattern, old, new in EDITS:
        found = 0
        for path in package.glob(pattern):
            source, count = re.subn(old, new, path.read_text("latin-1"))
            path.write_text(source, "latin-1")
            found += count
        if not found:
            sys.exit(f"{pattern}: there is no {old!r}; is this the version that requirements.txt names?")
    syntax = RefactoringTool([f"fissix.fixes.fix_{name}" for name in FIXERS])
    for path in [package / name for name in ("__init__.py", "caseset.py", "fuzzing.py")] + sorted(package.glob("case/*.py")):
        path.write_text(str(syntax.refactor_string(path.read_text("latin-1") + "\n", str(path))), "utf-8")
    (package / "python2.py").write_text(PYTHON2)


main()
