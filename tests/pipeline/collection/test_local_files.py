"""Local files: bytes, or a word for why there are none."""

import os
from pathlib import Path

import pytest

from pipeline.collection.local_files import is_file, read_file

PICTURE = b"\xff\xd8 a picture"


def test_a_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    picture = tmp_path / "a b#1%.jpg"
    picture.write_bytes(PICTURE)
    url = picture.as_uri()
    assert is_file(url)
    assert read_file(url, 1000).data == PICTURE
    assert read_file(url, len(PICTURE)).data == PICTURE
    assert read_file(url, len(PICTURE) - 1).refusal == "too_large"
    assert read_file(url.replace("file://", "file://elsewhere"), 1000).refusal == "missing_file"


def test_a_name_need_not_be_utf_8(tmp_path: Path) -> None:
    picture = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    picture.write_bytes(PICTURE)
    assert read_file(picture.as_uri(), 1000).data == PICTURE


@pytest.mark.parametrize("name", ["none.jpg", "", "x" * 300, "a/b.jpg", "pipe"])
def test_what_is_no_file_is_an_outcome(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    fetched = read_file((tmp_path / name).as_uri(), 1000)
    assert (fetched.data, fetched.refusal, fetched.retry) == (None, "missing_file", False)
    assert fetched.text


@pytest.mark.parametrize("url", ["file://[", "file:///a%00b"])
def test_nonsense_is_an_outcome(url: str) -> None:
    assert read_file(url, 1000).refusal == "bad_url"


def test_the_web_is_no_file() -> None:
    assert not is_file("https://example.org/file:/etc/passwd")
