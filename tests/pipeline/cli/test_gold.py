import pytest

from pipeline.errors import UserError
from pipeline.store.models import Candidate, Event
from pipeline.verification import verify


@pytest.fixture
def write(tmp_path, labelled):
    """Write a file of gold: truths by candidate."""

    def to_file(truths, heading="wnid,url,truth"):
        rows = {row.id: row for row in labelled.rows(Candidate)}
        lines = [f"{rows[one].wnid},{rows[one].url},{truth}" for one, truth in truths.items()]
        path = tmp_path / "gold.csv"
        path.write_text("\n".join([heading, *lines]) + "\n", "utf-8")
        return str(path)

    return to_file


def states(world):
    return {row.id: row.state for row in world.rows(Candidate)}


def test_gold_decides_without_votes(labelled, synsetter, write):
    labelled.tick()
    assert "2 truths set" in synsetter("gold add --file", write({1: "yes", 2: "no"}))
    assert states(labelled) == {1: "accepted", 2: "rejected", 3: "collected"}
    assert [(row["candidate"], row["truth"]) for row in synsetter.json("gold list")] == [
        (1, "yes"),
        (2, "no"),
    ]
    assert "yes" in synsetter("gold list")
    assert [event.data["truth"] for event in labelled.events("gold")] == [1, 0]


def test_correcting_gold_decides_again_and_says_why(finished, synsetter, write):
    synsetter("gold add --file", write({1: "yes"}))
    assert states(finished)[1] == "boxed"
    assert "1 images reopened" in synsetter("gold add --file", write({1: "no"}))
    assert states(finished) == {1: "rejected", 2: "boxed", 3: "boxed"}
    reopened = finished.rows(Event, Event.name == "reopened", Event.subject == "1")[0]
    assert reopened.data["why"] == "gold corrected"
    with finished.store.reading() as session:
        assert not any(verify(session).values())


def test_removed_gold_is_decided_by_votes(finished, synsetter, write):
    synsetter("gold add --file", write({1: "no"}))
    assert states(finished)[1] == "rejected"
    assert "1 truths forgotten" in synsetter("gold remove 1")
    assert states(finished)[1] == "accepted", "its box stands; the drawers look once more"
    assert synsetter.json("gold list") == []
    with pytest.raises(UserError, match="Not gold: 1"):
        synsetter("gold remove 1")


def test_gold_rates_workers(finished, synsetter, write):
    synsetter("gold add --file", write({1: "no"}))
    rated = [one["gold"] for one in synsetter.json("workers list") if one["gold"]["of"]]
    assert len(rated) == 3
    assert all((one["right"], one["of"]) == (0, 1) for one in rated)


BAD = {
    "truth is 'maybe'": "wnid,url,truth\nn02123045,{url},maybe\n",
    "is no candidate": "wnid,url,truth\nn02123045,{url},yes\nn02123045,http://nowhere,yes\n",
    "with commas between": "wnid;url;truth\nn02123045;{url};yes\n",
    "no column truth": "wnid,url\nn02123045,{url}\n",
    "the other truth": "wnid,url,truth\nn02123045,{url},yes\nn02123045,{url},no\n",
    "no CSV in UTF-8": "wnid,url,truth\nn02123045,{url},\udcff\n",
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_file_changes_nothing(labelled, synsetter, tmp_path, message):
    url = labelled.rows(Candidate)[0].url
    path = tmp_path / "gold.csv"
    path.write_bytes(BAD[message].format(url=url).encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=message):
        synsetter("gold add --file", str(path))
    assert synsetter.json("gold list") == []
