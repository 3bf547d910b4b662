"""Sources that read what the curator has: folders, lists, stored search results."""

import asyncio
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.folder_source import FolderSource, KnownFolderSource
from pipeline.adapters.list_source import ListSource
from pipeline.adapters.search_results_source import SearchResultsSource
from pipeline.errors import UserError
from pipeline.ports import Page

STORED = Path(__file__).resolve().parents[3] / "../shared/data/search_results"


def read(source) -> Page:
    async def pages():
        return [page async for page in source.find({})]

    found = asyncio.run(pages())
    return Page(
        tuple(entry for page in found for entry in page.found),
        tuple(entry for page in found for entry in page.refused),
    )


def listed(tmp_path, text, name="list.csv") -> Page:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return read(ListSource(path, [Path("/data")]))


def test_folder_yields_the_files_of_each_synset_in_order(tmp_path):
    for name in ("n2/b.jpg", "n1/sub/c d.jpg", "n1/a#1.jpg", "n1/.hidden", "readme.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = read(FolderSource(tmp_path)).found
    assert [(entry.wnid, entry.url) for entry in found] == [
        ("n1", "n1/a#1.jpg"),
        ("n1", "n1/sub/c d.jpg"),
        ("n2", "n2/b.jpg"),
    ]
    assert found[0].fetch_url == (tmp_path / "n1" / "a#1.jpg").as_uri()


def test_names_that_are_no_text_are_written_so_that_they_are(tmp_path):
    picture = tmp_path / "n1" / os.fsdecode(b"caf\xe9.jpg")
    picture.parent.mkdir()
    picture.touch()
    (found,) = read(FolderSource(tmp_path)).found
    assert (found.url, found.fetch_url) == ("n1/caf\\xe9.jpg", picture.as_uri())


def test_folders_of_known_pictures_say_what_is_known(tmp_path):
    for name in ("n1/yes/a.jpg", "n1/no/sub/b.jpg", "n1/c.jpg", "n1/yes.jpg", "n1/maybe/d.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = read(KnownFolderSource(tmp_path)).found
    assert [(entry.url, entry.gold, entry.source) for entry in found] == [
        ("n1/no/sub/b.jpg", 0, "known"),
        ("n1/yes/a.jpg", 1, "known"),
    ]


def test_a_list_tells_what_is_known_for_sure(tmp_path):
    page = listed(tmp_path, "wnid,url,gold\nn1,a.jpg,yes\nn1,b.jpg,0\nn1,c.jpg,\nn1,d.jpg,perhaps\n")
    assert [(entry.url, entry.gold) for entry in page.found] == [("a.jpg", 1), ("b.jpg", 0), ("c.jpg", None)]
    assert [(entry.url, entry.text) for entry in page.refused] == [
        ("d.jpg", "gold is 'perhaps'; write yes or no")
    ]
    rows = '{"wnid": "n1", "url": "a.jpg", "gold": true}\n{"wnid": "n1", "url": "b.jpg", "gold": 0}\n'
    assert [entry.gold for entry in listed(tmp_path, rows, "list.jsonl").found] == [1, 0]


@pytest.mark.parametrize("source", [FolderSource, ListSource, SearchResultsSource])
def test_what_is_not_there_is_the_users_error(tmp_path, source):
    with pytest.raises(UserError, match="nowhere"):
        source(tmp_path / "nowhere")


def test_csv_keeps_urls_as_written_and_resolves_paths_from_the_list(tmp_path):
    page = listed(
        tmp_path,
        "wnid,url,license,creator,source_page,camera\n"
        "n1,https://example.org/a.jpg?x=1,CC BY 2.0,Ann,https://example.org/a,Leica\n"
        "n1,file:///data/b.jpg,,,,\n"
        "n1,pictures/c d.jpg,,,,\n"
        "n1,/data/d.jpg,,,,\n",
    )
    assert [(entry.url, entry.fetch_url) for entry in page.found] == [
        ("https://example.org/a.jpg?x=1", "https://example.org/a.jpg?x=1"),
        ("file:///data/b.jpg", "file:///data/b.jpg"),
        ("pictures/c d.jpg", (tmp_path.resolve() / "pictures/c d.jpg").as_uri()),
        ("/data/d.jpg", "file:///data/d.jpg"),
    ]
    first = page.found[0]
    assert (first.license, first.creator, first.source_page) == ("CC BY 2.0", "Ann", "https://example.org/a")
    assert first.extra == {"camera": "Leica"}


@pytest.mark.parametrize(
    "url",
    [
        "../secret.jpg",
        "/etc/secret.jpg",
        "file:///etc/secret.jpg",
        "FILE:///etc/secret.jpg",
        "file:/etc/secret.jpg",
        "pictures/../../secret.jpg",
        "file:///data/%2e%2e/secret.jpg",
        "/database/secret.jpg",
        "link/secret.jpg",
        "file://elsewhere/data/secret.jpg",
    ],
)
def test_a_list_reaches_no_file_outside_its_folder_and_those_that_were_named(tmp_path, url):
    folder = tmp_path / "list"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    page = listed(folder, f"wnid,url\nn1,{url}\n")
    assert not page.found
    assert [(entry.reason, entry.url) for entry in page.refused] == [("elsewhere", url)]


def test_what_is_no_path_is_refused(tmp_path):
    page = listed(tmp_path, json.dumps({"wnid": "n1", "url": "a\0b"}), "list.jsonl")
    assert [entry.reason for entry in page.refused] == ["bad_row"]


def test_csv_rows_that_name_no_candidate_are_refused_one_by_one(tmp_path):
    page = listed(
        tmp_path,
        "wnid,url\nn1,a.jpg\n,b.jpg\nn1,\nn1,ftp://x/c.jpg\nn1,d.jpg,too,many\nn1,javascript:e\nn1,f.jpg\n",
    )
    assert [entry.url for entry in page.found] == ["a.jpg", "f.jpg"]
    assert [(entry.where, entry.reason) for entry in page.refused] == [
        ("list.csv:3", "bad_row"),
        ("list.csv:4", "bad_row"),
        ("list.csv:5", "scheme"),
        ("list.csv:6", "bad_row"),
        ("list.csv:7", "scheme"),
    ]


def test_csv_may_come_from_a_spreadsheet(tmp_path):
    page = listed(tmp_path, '\ufeffwnid, url\r\nn1,"a, b.jpg"\r\n\r\n')
    assert [(entry.wnid, entry.url) for entry in page.found] == [("n1", "a, b.jpg")]


def test_csv_needs_its_header(tmp_path):
    with pytest.raises(UserError, match="wnid and url"):
        listed(tmp_path, "n1,a.jpg\n")


def test_json_lines(tmp_path):
    page = listed(
        tmp_path,
        '{"wnid": "n1", "url": "a.jpg", "license": null, "n": 3}\n\n[1]\n{"wnid": "n1"\n{"url": "b.jpg"}\n',
        "list.jsonl",
    )
    (entry,) = page.found
    assert (entry.wnid, entry.license, entry.extra) == ("n1", "", {"n": "3"})
    assert [(refused.where, refused.reason) for refused in page.refused] == [
        ("list.jsonl:3", "bad_row"),
        ("list.jsonl:4", "bad_row"),
        ("list.jsonl:5", "bad_row"),
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.text(st.characters(blacklist_characters="\r\n", codec="utf-8"), max_size=30), max_size=8
    )
)
def test_no_line_is_lost_and_none_breaks_the_list(tmp_path, lines):
    path = tmp_path / "list.jsonl"
    path.write_text("\n".join(lines), "utf-8", newline="")
    page = read(ListSource(path))
    assert len(page.found) + len(page.refused) == sum(1 for line in lines if line.strip())


def test_long_lists_come_in_pages(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("wnid,url\n" + "".join(f"n1,{n}.jpg\n" for n in range(2500)))

    async def sizes():
        return [len(page.found) async for page in ListSource(path).find({})]

    assert asyncio.run(sizes()) == [1000, 1000, 500]


def test_stored_results_as_a_real_search_left_them():
    if not STORED.is_dir():
        pytest.skip(f"no stored search results at {STORED}")
    page = read(SearchResultsSource(STORED / "2018-11-15-09-59-42_becca.json"))
    raw = json.loads((STORED / "2018-11-15-09-59-42_becca.json").read_text())
    assert len(page.found) == len(raw)
    assert not page.refused
    first = page.found[0]
    assert (first.wnid, first.query, first.source) == ("n01930112", "nematoda", "flickr")
    assert first.extra["date_taken"] == "2012-10-11 14:53:29"
    assert "height" in first.extra
    assert Counter(entry.wnid for entry in page.found) == Counter(entry["wnid"] for entry in raw)


def test_stored_results_that_are_none_are_refused_one_by_one(tmp_path):
    path = tmp_path / "results.json"
    path.write_text(
        json.dumps([1, {"wnid": "n1"}, {"wnid": "n1", "url": "file:///etc/passwd"}, {"wnid": None}])
    )
    page = read(SearchResultsSource(path))
    assert not page.found
    assert [(entry.where, entry.reason) for entry in page.refused] == [
        ("results.json[0]", "bad_row"),
        ("results.json[1]", "bad_row"),
        ("results.json[2]", "scheme"),
        ("results.json[3]", "bad_row"),
    ]


@pytest.mark.parametrize("text", ["{}", "<html>", ""])
def test_stored_results_must_be_an_array(tmp_path, text):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"results\.json"):
        read(SearchResultsSource(path))
