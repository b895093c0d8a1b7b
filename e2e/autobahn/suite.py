"""Lets Autobahn|Testsuite's fuzzing client judge the echo of the conformance profile.

    suite.py [PATTERN ...]      for example: suite.py '5.*' 9.1.6

Without patterns it runs every case. The server is started here, as the tests of the Python clients start theirs.
The last line is the verdict; what happened in each case is in `.tools/autobahn`.
"""

import collections
import contextlib
import json
import shutil
import sys
from pathlib import Path

from autobahntestsuite import fuzzing
from autobahntestsuite.case import Case, Cases
from twisted.internet import reactor

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "e2e/python"))

from server import Server  # noqa: E402

REPORTS = ROOT / ".tools/autobahn"
AGENT = "rialto"

PASSED = {Case.OK, Case.INFORMATIONAL}
# Classes about permessage-deflate. The server declines it, and a case that is told so ends as unimplemented.
COMPRESSION = {"12", "13"}


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def as_text(data):
    return data if isinstance(data, str) else data.decode("latin-1")


class Protocol(fuzzing.FuzzingClientProtocol):
    """Stands between cases, which think that text is bytes, and a connection, which knows better."""

    def sendFrame(self, opcode, payload=b"", fin=True, rsv=0, mask=None, payload_len=None, chopsize=None, sync=False):
        payload = as_bytes(payload)
        if payload_len is not None:
            # "That many bytes of this, over and over", which the connection would work out with Python 2's division.
            payload = (payload * (payload_len // len(payload) + 1))[:payload_len]
        super().sendFrame(opcode, payload, fin, rsv, mask, None, chopsize, sync)

    def sendMessage(self, payload, isBinary=False, fragmentSize=None, sync=False, doNotCompress=False):
        super().sendMessage(as_bytes(payload), isBinary, fragmentSize, sync, doNotCompress)

    def sendMessageFrameData(self, payload, sync=False):
        return super().sendMessageFrameData(as_bytes(payload), sync)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        super().sendCloseFrame(code, None if reasonUtf8 is None else as_bytes(reasonUtf8), isReply)
        if isinstance(self.localCloseReason, bytes):
            self.localCloseReason = as_text(self.localCloseReason)

    def onMessage(self, payload, isBinary):
        super().onMessage(as_text(payload), isBinary)

    def onPong(self, payload):
        super().onPong(as_text(payload))

    def logRxFrame(self, frameHeader, payload):
        super().logRxFrame(frameHeader, [as_text(part) for part in payload])

    def logTxFrame(self, frameHeader, payload, repeatLength, chopsize, sync):
        super().logTxFrame(frameHeader, as_text(payload), repeatLength, chopsize, sync)


class Factory(fuzzing.FuzzingClientFactory):
    def buildProtocol(self, addr):
        protocol = Protocol()
        protocol.factory = self
        protocol.caseAgent = self.agent
        protocol.case = self.currentCaseIndex
        protocol.Case = Cases[self.currentCaseIndex - 1]
        protocol.runCase = protocol.Case(protocol)
        return protocol

    def logCase(self, caseResults):
        super().logCase({name: as_text(value) if isinstance(value, bytes) else value for name, value in caseResults.items()})

    def createReports(self):
        try:
            super().createReports(produceHtml=False)
        except BaseException:
            # Who called would log it, and wait for ever.
            reactor.callLater(0, reactor.stop)
            raise


def run(url, patterns):
    """Runs the cases and returns their names and the results of those that came to an end."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    spec = {"servers": [{"agent": AGENT, "url": url}], "cases": patterns, "outdir": str(REPORTS)}
    with open(REPORTS / "log", "w") as log, contextlib.redirect_stdout(log):
        factory = Factory(spec)
        reactor.run()
    return factory.specCases, json.loads((REPORTS / "index.json").read_text()).get(AGENT, {})


def complaint(case, result):
    """What there is to say against a result, or nothing."""
    if result is None:
        return "did not come to an end"
    allowed = PASSED | {Case.UNIMPLEMENTED} if case.split(".")[0] in COMPRESSION else PASSED
    if result["behavior"] in allowed and result["behaviorClose"] in PASSED:
        return None
    return f"{result['behavior']}, close {result['behaviorClose']}, code {result['remoteCloseCode']}: {REPORTS / result['reportfile']}"


def main():
    server = Server(conformance=True)
    try:
        cases, results = run(f"{server.url.replace('http', 'ws')}/echo", sys.argv[1:] or ["*"])
    finally:
        server.stop()
    complaints = {case: said for case in cases if (said := complaint(case, results.get(case)))}
    for case, said in complaints.items():
        print(f"   case {case}: {said}")
    tally = collections.Counter(result["behavior"].lower() for result in results.values())
    verdict = "FAILED" if complaints or not cases else "passed"
    print(f"   {verdict}: {len(cases) - len(complaints)} of {len(cases)} cases ({', '.join(f'{count} {name}' for name, count in tally.most_common())})")
    sys.exit(verdict == "FAILED")


main()
