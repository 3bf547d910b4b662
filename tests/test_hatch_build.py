"""The build hook: Princeton's lines in, a smaller table with the same synsets out."""

import gzip
import sys
from pathlib import Path

import pytest

from pipeline.synsets.wordnet import WordNet

ROOT = Path(__file__).resolve().parents[1]
NOTICE = "  1 WordNet 3.0 Copyright 2006 by Princeton University.  "
LINES = [
    "00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is  ",
    "00001930 03 n 02 thing 0 Some_Thing a 004 @ 00001740 n 0000 + 00000001 v 0101 ! 00001740 n 0101 "
    '%p 00001740 n 0000 | a; "an | example"  ',
]


@pytest.fixture
def hatch_build(monkeypatch):
    pytest.importorskip("hatchling", reason="the build backend is not installed here")
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import hatch_build

    return hatch_build


def test_keeps_the_notice_and_what_synsetter_reads(hatch_build, tmp_path):
    table = list(hatch_build.noun_table([NOTICE, *LINES]))
    assert table == [
        NOTICE.rstrip(),
        "00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is",
        '00001930 03 n 02 thing 0 Some_Thing a 002 @ 00001740 n 0000 %p 00001740 n 0000 | a; "an | example"',
    ]
    (tmp_path / "data.noun").write_text("\r\n".join([NOTICE, *LINES, ""]), newline="")
    theirs, ours = WordNet.load(tmp_path), WordNet("\n".join([*table, ""]).encode())
    for wnid in ("n00001740", "n00001930"):
        assert theirs.synset(wnid) == ours.synset(wnid)


def test_writes_the_table_once_and_adds_it_to_the_wheel(hatch_build, tmp_path, monkeypatch):
    (tmp_path / "data.noun").write_text("\r\n".join([NOTICE, *LINES, ""]), newline="")
    (tmp_path / "pipeline" / "synsets").mkdir(parents=True)
    monkeypatch.setattr(hatch_build, "princeton_files", lambda: tmp_path)
    hook = hatch_build.NounTableHook(str(tmp_path), {}, None, None, "", "wheel")
    build_data = {"artifacts": []}
    hook.initialize("standard", build_data)
    first = (tmp_path / hatch_build.TABLE).read_bytes()
    assert NOTICE.rstrip() in gzip.decompress(first).decode()
    assert build_data["artifacts"] == ["/pipeline/synsets/wordnet_nouns.gz"]
    monkeypatch.setattr(hatch_build, "princeton_files", lambda: pytest.fail("read twice"))
    hook.initialize("editable", build_data)
    assert (tmp_path / hatch_build.TABLE).read_bytes() == first
