"""Many small channels: every message is stored for one delivery or two."""

from __future__ import annotations

from scale import Scale
from scenarios import Figures, Scenario
from scenarios.rooms import cost
from subject import Cast, Rialto

CONNECTIONS, MEMBERSHIPS = 1000, 10
MESSAGES_PER_SECOND = 10_000
# Messages on their way in a saturated run.
IN_FLIGHT = 8000


def _measure(members: int, saturated: bool):
    def measure(scale: Scale) -> Figures:
        rialto = Rialto.with_cast(Cast(scale.many(CONNECTIONS), members, MEMBERSHIPS))
        pace = ["--rate", "0", "--inflight", str(scale.many(IN_FLIGHT) * members)] if saturated else ["--rate", str(scale.many(MESSAGES_PER_SECOND))]
        return cost(rialto.measure([*pace, *scale.timing]))

    return measure


SCENARIO = Scenario(
    "durable",
    "1,000 plain WebSockets in 10 channels each: a message comes in, is fsynced, and goes to the channel's one member, or to its two",
    {
        "one member, saturated": _measure(1, True),
        "one member, 10,000/s": _measure(1, False),
        "two members, saturated": _measure(2, True),
        "two members, 10,000/s": _measure(2, False),
    },
)
