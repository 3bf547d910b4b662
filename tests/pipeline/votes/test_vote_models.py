"""What was learnt is read once by a process, and again when something newer is known."""

from typing import Any

from sqlalchemy import event

from pipeline.votes.vote_models import VoteModels

CAT = "n02123045"


def test_a_model_is_read_once_until_there_is_a_newer_one(make_world: Any, database_url: str) -> None:
    world = make_world(database_url, "label.policy=weighted")
    world.add(5)
    world.tick()
    models, asked = VoteModels(), []
    event.listen(world.store.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    with world.store.reading() as session:
        first = models.newest(session, "weighted")
        assert any("document" in statement for statement in asked)
        asked.clear()
        assert models.newest(session, "weighted") is first
        assert models.of_synset(session, CAT) is first
        assert not any("document" in statement for statement in asked)
    world.work()
    world.tick()
    with world.store.reading() as session:
        newer = models.newest(session, "weighted")
    assert newer.version > first.version
    assert newer.group == first.group


def test_a_model_read_back_judges_as_it_did(make_world: Any, new_sqlite: Any) -> None:
    world = make_world(new_sqlite(), "label.policy=weighted")
    world.add(12)
    world.tick()
    world.work()
    world.tick()
    kept = world.tools.desk.models.newest
    with world.store.reading() as session:
        mine, again = kept(session, "weighted"), VoteModels().newest(session, "weighted")
    assert again is not mine
    assert (again.group, again.limits, again.workers) == (mine.group, mine.limits, mine.workers)
    assert again.model.to_json() == mine.model.to_json()


def test_nothing_is_known_before_the_first_lesson(light_world: Any) -> None:
    with light_world.store.reading() as session:
        assert VoteModels().newest(session, "majority:3") is None
        assert VoteModels().of_synset(session, CAT) is None
