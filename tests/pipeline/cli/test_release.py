"""What auditors have recorded reaches the report of the next release."""

import json
from pathlib import Path

import pytest


def written(synsetter, version):
    [summary] = synsetter.json(f"release {version}")
    folder = Path(summary["folder"])
    pages = (folder / "report.html").read_text("utf-8"), (folder / "DATASHEET.md").read_text("utf-8")
    return json.loads((folder / "report.json").read_text("utf-8")), *pages


def test_a_release_tells_the_audited_precision(finished, synsetter, tmp_path):
    report, page, datasheet = written(synsetter, "1.0")
    assert (report["run"]["truth"], report["derived"]["precision"]) == (None, None)
    assert "nobody has re-judged them" in page
    assert "No accepted image has been re-judged" in datasheet

    sample = tmp_path / "sample.csv"
    sample.write_text("candidate,truth\n1,yes\n2,no\n")
    synsetter("audit record", str(sample))
    report, page, datasheet = written(synsetter, "1.1")
    *_, audited = synsetter.json("audit report")
    told = report["derived"]["precision"]
    assert (told["part"], told["whole"]) == (audited["right"], audited["audited"]) == (1, 2)
    assert [told["low"], told["high"]] == pytest.approx([audited["low"], audited["high"]], abs=1e-6)
    assert "50 % of the accepted labels are right, against an audit sample." in page
    assert "Precision 50 % (1 of 2; 95 % interval 9.5 % to 90.5 %), against an audit sample." in datasheet
    assert not [text for text in (page, datasheet) if "re-judged" in text]


def test_judgements_of_images_that_are_not_accepted_are_no_precision(finished, synsetter, tmp_path):
    sample = tmp_path / "sample.csv"
    sample.write_text("candidate,truth\n1,no\n")
    synsetter("audit record --gold", str(sample))
    report, *_ = written(synsetter, "1.0")
    assert report["run"]["truth"] is None
