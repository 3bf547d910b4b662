"""What auditors judge."""

from pipeline.review import audits


def test_only_the_candidates_that_a_file_names_are_looked_up(light_world, rows_read, tmp_path):
    ids = light_world.add(30)
    judged = tmp_path / "judged.csv"
    judged.write_text(f"candidate,truth\n{ids[3]},yes\n{ids[5]},no\n")
    with rows_read(light_world.store) as found, light_world.store.writing() as session:
        truths, passed = audits.record_judgements(session, judged, light_world.clock())
    assert (truths, passed) == ({ids[3]: 1, ids[5]: 0}, 0)
    assert found == [2]
