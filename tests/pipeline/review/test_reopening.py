"""Deciding again looks at what depended on the mistake, and at nothing else."""

from sqlalchemy import update

from pipeline.review import reopening
from pipeline.store.models import Synset

CAT, MUG = "n02123045", "n03063599"


def test_decided_images_of_another_policy_are_not_read(light_world, rows_read):
    world = light_world
    cats = world.add(2)
    world.play(kinds=["label_images"])
    world.add(30, MUG, "boxed", yes=3, confidence=0.99)
    with world.store.writing() as session:
        session.execute(update(Synset).values(seeded=True))
        session.execute(update(Synset).where(Synset.wnid == MUG).values(policy="majority:5"))
    with rows_read(world.store) as found, world.store.reading() as session:
        again = reopening.rederive(session, world.tools.settings.label, cats[:1], {}, world.clock())
    assert (again.looked_at, again.reopened) == (1, 0)
    assert max(found) < 20
