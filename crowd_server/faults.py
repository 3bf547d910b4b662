"""Faults for testing clients: off unless a setting at the start asks for them; nothing on the network can."""

import random
from dataclasses import dataclass, field

KINDS = (
    "throttle",
    "error_before",
    "error_after",
    "drop_after",
    "slow",
    "stale_list",
    "repeated_page",
    "reuse_assignment_id",
)
SLOW_SECONDS = 2.0
STALE_SECONDS = 10.0


@dataclass(frozen=True)
class Faults:
    """How often each kind happens, as a probability."""

    chances: dict[str, float] = field(default_factory=dict)
    dice: random.Random = field(default_factory=random.Random)

    def strike(self, kind: str) -> bool:
        """Whether a fault of this kind happens now."""
        chance = self.chances.get(kind, 0.0)
        return chance > 0 and self.dice.random() < chance


def read_faults(text: str) -> Faults:
    """Read "throttle:0.1,drop_after:0.02,seed:7"; ValueError names what is not understood."""
    chances: dict[str, float] = {}
    dice = random.Random()  # noqa: S311 - dice for tests guard nothing
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, number = part.partition(":")
        if kind == "seed":
            dice.seed(int(number))
        elif kind in KINDS and 0 <= float(number or 1) <= 1:
            chances[kind] = float(number or 1)
        else:
            raise ValueError(f"unknown fault {part!r}; write KIND:CHANCE with KIND one of {', '.join(KINDS)}")
    return Faults(chances, dice)
