"""The states of a candidate image, and every move that is allowed.

A candidate is `found` as a name (a URL, a file) and `collected` once its bytes are in store. Workers vote; an
`accepted` image waits for a drawing, a `drawn` one for the check of its newest box, a `checked` one for the
coverage judge, who ends the loop (`boxed`) or sends it back to be drawn. `duplicate` is a copy of another
candidate that is kept instead. Three things send a decided image back to the voters (`collected`): copies
under two synsets, once; votes that no longer carry their verdict, because a worker was excluded or a known
truth corrected; and drawers who agree that the image shows nothing of its synset, once: if they say so again,
it is `unsure`. In the first two cases an image that is accepted again goes straight to where it was. Where
copies are sought before labelling, an image that nobody has judged stands back as `duplicate` for its copy
under another synset, and comes back if that is not accepted; an `unboxed` image may take over the boxes of a
copy that is dropped. A `borrowed` one is another synset's picture, known to be none of this one, that only
rates workers. Stages move candidates through `store.journal` alone, which refuses any move not listed here.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a candidate stands."""

    FOUND = "found"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    COLLECTED = "collected"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSURE = "unsure"
    DRAWN = "drawn"
    CHECKED = "checked"
    BOXED = "boxed"
    UNBOXED = "unboxed"
    BORROWED = "borrowed"


_S = State

MOVES: frozenset[tuple[State, State]] = frozenset(
    {
        (_S.FOUND, _S.REFUSED),
        (_S.FOUND, _S.DUPLICATE),
        (_S.FOUND, _S.COLLECTED),
        (_S.FOUND, _S.BORROWED),
        (_S.COLLECTED, _S.ACCEPTED),
        (_S.COLLECTED, _S.REJECTED),
        (_S.COLLECTED, _S.UNSURE),
        (_S.COLLECTED, _S.BOXED),
        (_S.COLLECTED, _S.UNBOXED),
        (_S.COLLECTED, _S.DUPLICATE),
        (_S.DUPLICATE, _S.COLLECTED),
        (_S.ACCEPTED, _S.DRAWN),
        (_S.ACCEPTED, _S.CHECKED),
        (_S.ACCEPTED, _S.UNBOXED),
        (_S.ACCEPTED, _S.UNSURE),
        (_S.DRAWN, _S.ACCEPTED),
        (_S.DRAWN, _S.CHECKED),
        (_S.DRAWN, _S.UNBOXED),
        (_S.DRAWN, _S.UNSURE),
        (_S.CHECKED, _S.ACCEPTED),
        (_S.CHECKED, _S.BOXED),
        (_S.CHECKED, _S.UNBOXED),
        (_S.BOXED, _S.DUPLICATE),
        (_S.UNBOXED, _S.DUPLICATE),
        (_S.UNBOXED, _S.BOXED),
        (_S.ACCEPTED, _S.COLLECTED),
        (_S.REJECTED, _S.COLLECTED),
        (_S.UNSURE, _S.COLLECTED),
        (_S.DRAWN, _S.COLLECTED),
        (_S.CHECKED, _S.COLLECTED),
        (_S.BOXED, _S.COLLECTED),
        (_S.UNBOXED, _S.COLLECTED),
    }
)

SETTLED = frozenset({_S.REFUSED, _S.DUPLICATE, _S.REJECTED, _S.UNSURE, _S.BOXED, _S.UNBOXED, _S.BORROWED})
"""States in which no stage before the search for duplicates wants anything of a candidate."""

UNSETTLED = frozenset(State) - SETTLED
"""All others. Databases seek states that are listed, and scan the whole table for those that are not."""

VOTED_GOOD = frozenset({_S.ACCEPTED, _S.DRAWN, _S.CHECKED, _S.BOXED, _S.UNBOXED})
"""States of an image that the voters have accepted."""

IN_VIEW = frozenset(State) - {_S.FOUND, _S.REFUSED, _S.DUPLICATE, _S.BORROWED}
"""States in which a candidate has a picture of its synset's own and is no copy."""

RELEASABLE = frozenset({_S.BOXED, _S.UNBOXED})

WORK = {
    "label_images": State.COLLECTED,
    "draw_box": State.ACCEPTED,
    "check_box": State.DRAWN,
    "check_coverage": State.CHECKED,
}
"""The state in which a candidate waits for each kind of HIT; `check_duplicate` is about pairs."""
