import csv
import io
import json

import pytest
from sqlalchemy import update

from pipeline.errors import UserError
from pipeline.store import journal
from pipeline.store.histories import short
from pipeline.store.models import Candidate

CAT = "n02123045"


def test_show_tells_everything_of_an_image_by_any_of_its_names(finished, synsetter):
    row = finished.rows(Candidate)[0]
    [by_number] = synsetter.json(f"audit show {row.id}")
    for name in (
        row.url,
        row.picture,
        f"{CAT}_{row.picture[:16]}",
        f"images/train/{CAT}/{CAT}_{row.picture[:16]}.JPEG",
    ):
        assert synsetter.json("audit show", name) == [by_number]
    assert by_number["provenance"]["url"] == row.url
    assert [one["name"] for one in by_number["events"]][:2] == ["collected", "voted"]
    assert by_number["events"][1]["data"]["yes"] == 3
    assert {one["kind"] for one in by_number["votes"]} == {"label_images", "check_box", "check_coverage"}
    assert by_number["boxes"][0]["pixels"] == [4, 4, 40, 40]
    assert "box" in synsetter(f"audit show {row.id}")


def test_worker_ids_are_shortened():
    assert short("A2SUAM7VJ5DQ9K") == "A2SU…Q9K"


def test_show_names_no_worker_in_full(labelled, synsetter):
    worker = "A2SUAM7VJ5DQ9K"
    data = {"by": worker, "worker": worker} | {
        name: [worker] for name in ("absent", "wrong_object", "workers")
    }
    with labelled.store.writing() as session:
        journal.record(session, [journal.event("candidate", 1, "found empty", data, labelled.clock())])
    [told] = synsetter.json("audit show 1")
    assert worker not in synsetter("audit show 1") + json.dumps(told)
    assert told["events"][-1]["data"]["absent"] == ["A2SU…Q9K"]


def test_show_of_nothing_is_the_users_fault(labelled, synsetter):
    with pytest.raises(UserError, match="No candidate"):
        synsetter("audit show 99")


def drawn(synsetter, *more):
    return list(csv.DictReader(io.StringIO(synsetter("audit sample --size 2", *more))))


def record(synsetter, tmp_path, rows):
    path = tmp_path / "judged.csv"
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return synsetter("audit record", str(path))


def test_a_round_of_auditing(finished, synsetter, tmp_path):
    first = drawn(synsetter)
    assert len(first) == 2
    assert first == drawn(synsetter), "the same until it is judged"
    for row, truth in zip(first, ("yes", "no"), strict=True):
        row["truth"] = truth
    assert "2 judgements kept" in record(synsetter, tmp_path, first)

    second = drawn(synsetter, "--wnid", CAT)
    assert not {row["candidate"] for row in first} & {row["candidate"] for row in second}
    assert "0 judgements kept, 1 rows without one" in record(synsetter, tmp_path, second)

    report = synsetter.json("audit report")
    assert [(one["wnid"], one["accepted"], one["audited"], one["right"]) for one in report] == [
        (CAT, 3, 2, 1),
        ("", 3, 2, 1),
    ]
    assert report[0]["precision"] == 0.5
    assert report[0]["low"] == pytest.approx(0.0945, abs=1e-4)
    assert "50.0%" in synsetter("audit report")


def test_the_latest_judgement_counts(finished, synsetter, tmp_path):
    for truth in ("no", "yes"):
        record(synsetter, tmp_path, [{"candidate": "1", "truth": truth}])
    assert synsetter.json("audit report")[0]["right"] == 1


@pytest.mark.parametrize("row", [{"candidate": "99", "truth": "yes"}, {"candidate": "1", "truth": "perhaps"}])
def test_bad_judgements_are_refused_whole(labelled, synsetter, tmp_path, row):
    with pytest.raises(UserError, match="line 3"):
        record(synsetter, tmp_path, [{"candidate": "2", "truth": "yes"}, row])
    assert labelled.events("audited") == []


def test_contradicting_judgements_are_refused_whole(labelled, synsetter, tmp_path):
    rows = [{"candidate": "1", "truth": truth} for truth in ("yes", "", "true", "no")]
    assert "2 judgements kept" in record(synsetter, tmp_path, [*rows[:3], {"candidate": "2", "truth": "no"}])
    before = len(labelled.events("audited"))
    with pytest.raises(UserError, match="line 5: candidate '1' is both yes and no"):
        record(synsetter, tmp_path, rows)
    assert len(labelled.events("audited")) == before


def test_sample_knows_the_synsets_and_gives_json(finished, synsetter):
    with pytest.raises(UserError, match="Not in the dataset: n00000001"):
        drawn(synsetter, "--wnid", "n00000001")
    line = synsetter("audit sample --size 1", "--wnid", CAT, "--json")
    assert json.loads(line)["truth"] == ""


def test_judgements_become_gold_when_asked(finished, synsetter, tmp_path):
    path = tmp_path / "sample.csv"
    path.write_text("candidate,truth\n1,no\n2,yes\n3,\n")
    assert "2 judgements kept, 1 rows" in synsetter("audit record", str(path))
    assert {row.gold for row in finished.rows(Candidate)} == {None}
    assert "2 truths set; 1 images reopened" in synsetter("audit record --gold", str(path))
    assert {row.id: (row.gold, row.state) for row in finished.rows(Candidate)} == {
        1: (0, "rejected"),
        2: (1, "boxed"),
        3: (None, "boxed"),
    }


def test_labels_are_derived_again_and_differences_told(finished, synsetter):
    assert synsetter.json("audit rederive") == []
    with finished.store.writing() as session:
        session.execute(update(Candidate).where(Candidate.id == 2).values(state="rejected"))
    [found] = synsetter.json("audit rederive --policy dawid-skene")
    assert (found["candidate"], found["decided"], found["rederived"], found["votes"]) == (
        2,
        "rejected",
        "accepted",
        3,
    )
    assert found["probability"] > 0.5
    assert "accepted" in synsetter("audit rederive --policy majority:3")
    with pytest.raises(UserError, match="no voting policy is called 'mood'"):
        synsetter("audit rederive --policy mood")
