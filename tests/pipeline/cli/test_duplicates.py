"""`synsetter duplicates search`: JSON for programs, text for people, a page to look at."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pipeline.cli.duplicates import duplicates


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pictures").mkdir()
    for seed in range(4):
        noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        image = Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC)
        image.save(tmp_path / "pictures" / f"{seed}.png")
    image.resize((80, 60)).save(tmp_path / "pictures" / "<b>small.jpg")
    Image.new("RGB", (50, 50), (90, 90, 90)).save(tmp_path / "pictures" / "plain.png")
    Image.new("RGB", (50, 50), (91, 90, 90)).save(tmp_path / "pictures" / "plainer.png")
    (tmp_path / "pictures" / "broken.jpg").write_bytes(b"not a picture")
    return tmp_path / "pictures"


def run(*arguments):
    result = CliRunner().invoke(duplicates, ["search", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json(folder):
    document = json.loads(run(folder, "--json"))
    assert document["groups"] == [["3.png", "<b>small.jpg"]]
    assert [pair[:2] for pair in document["doubtful"]] == [["plain.png", "plainer.png"]]
    assert 0.1 <= document["doubtful"][0][2] < 0.95
    assert [file for file, _ in document["broken"]] == ["broken.jpg"]


def test_text(folder):
    text = run(folder)
    assert "7 images: 1 copy of 1 picture." in text
    assert "keep  3.png\ncopy  <b>small.jpg" in text
    assert "plain.png  plainer.png" in text
    assert "broken.jpg: not an image" in text


def test_sheet(folder, tmp_path):
    run(folder, "--sheet", tmp_path / "sheet.html")
    page = (tmp_path / "sheet.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 4
    assert 'class="first"' in page
    assert "<b>small" not in page


@pytest.mark.parametrize(("name", "title"), [(b"plain", "plain"), (b"caf\xe9", "caf\\udce9")])
def test_sheet_is_titled_by_its_folder_from_inside_and_whatever_its_name(folder, monkeypatch, name, title):
    inside = folder.rename(folder.parent / os.fsdecode(name))
    monkeypatch.chdir(inside)
    for asked in (".", inside):
        run(asked, "--sheet", folder.parent / "sheet.html")
        assert f"<title>Copies in {title}</title>" in (folder.parent / "sheet.html").read_text()


def test_a_sheet_without_a_folder_is_refused_before_the_search(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.cli.duplicates.search_folder", None)
    result = CliRunner().invoke(duplicates, ["search", str(folder), "--sheet", str(tmp_path / "no/s.html")])
    assert (result.exit_code, "There is no folder" in result.output) == (2, True)


def test_what_was_found_is_told_though_the_sheet_cannot_be_written(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.cli.duplicates.draw_sheet", lambda *_: 1 / 0)
    result = CliRunner().invoke(duplicates, ["search", str(folder), "--sheet", str(tmp_path / "s.html")])
    assert "7 images: 1 copy" in result.stdout


def test_missing_folder_is_said_so(tmp_path):
    result = CliRunner().invoke(duplicates, ["search", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "nowhere" in result.output


def test_names_that_are_no_text_are_told_apart(folder):
    odd = [os.fsencode(folder) + b"/" + name for name in (b"caf\xe9.png", b"new\nline.png")]
    for path in odd:
        Path(os.fsdecode(path)).write_bytes((folder / "0.png").read_bytes())
    text = run(folder, "--json")
    text.encode("ascii")
    (group,) = [one for one in json.loads(text)["groups"] if "0.png" in one]
    assert {os.fsencode(folder) + b"/" + os.fsencode(name) for name in group} >= set(odd)
    lines = run(folder, "--sheet", folder.parent / "sheet.html").splitlines()
    assert {"copy  caf\\udce9.png", "copy  new\\nline.png"} <= set(lines)


def test_whole_pictures_or_turned_ones(folder):
    assert json.loads(run(folder, "--json", "--whole"))["groups"] == [["3.png", "<b>small.jpg"]]
    result = CliRunner().invoke(duplicates, ["search", str(folder), "--whole", "--turned"])
    assert result.exit_code == 2
    assert "leave out --whole or --turned" in result.stderr
