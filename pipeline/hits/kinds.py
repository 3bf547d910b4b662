"""Every HIT kind by name."""

from __future__ import annotations

from typing import Any

from pipeline.hits import check_box, check_coverage, check_duplicate, draw_box, entry_test, label_images
from pipeline.hits.kind import Kind

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        label_images.KIND,
        draw_box.KIND,
        check_box.KIND,
        check_coverage.KIND,
        check_duplicate.KIND,
        entry_test.KIND,
    )
}
