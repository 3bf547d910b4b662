"""Which images share a page."""

from typing import Any

from pipeline.store.models import LeaseItem


def test_two_workers_share_images_but_not_pages(world: Any) -> None:
    world.add(200)
    world.tick()
    for hit, worker in zip(world.crowd.open_hits(), world.workers[:6], strict=False):
        world.ask(hit, worker)
    pages: dict[str, set[int]] = {}
    for item in world.rows(LeaseItem):
        pages.setdefault(item.worker_id, set()).add(item.subject)
    shared = [len(one & other) for one in pages.values() for other in pages.values() if one is not other]
    assert {len(page) for page in pages.values()} == {48}
    assert min(shared) >= 1
    assert max(shared) <= 24
