"""Who found nothing of the synset; what comes of it is tested with the stages that ask."""

from collections.abc import Callable
from typing import Any

from pipeline.failed_drawings import doubters_of


def test_any_number_of_images_has_its_doubters_looked_up(
    make_world: Callable[..., Any], new_postgres: Callable[[], str]
) -> None:
    """PostgreSQL takes no more than 65,535 values in a statement."""
    world = make_world(new_postgres())
    with world.store.reading() as session:
        assert doubters_of(session, range(65_536)) == {}
