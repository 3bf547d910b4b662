"""entry_test: ten photos of known truth, half of them good, before somebody may label a family of synsets.

Its items are questions of `label_images` whose answers are known: they rate the worker and vote on nothing.
"""

from __future__ import annotations

from pipeline.hits import label_images
from pipeline.hits.kind import load_kind

KIND = load_kind("entry_test", label_images.read_look)
EACH = KIND.items_per_hit // 2
"""Photos of either truth."""


def question_of(kind: str) -> str:
    """Tell which kind of question the items of a HIT kind are."""
    return label_images.KIND.name if kind == KIND.name else kind
