"""The Croissant description says what is there."""

import json

import pytest

from pipeline.release.writer import write_release


@pytest.fixture
def croissant(tmp_path, images, synsets, figures, pictures):
    folder = write_release(tmp_path / "1.0", images, synsets, figures, pictures).folder
    return json.loads((folder / "croissant.json").read_text())


def test_it_names_the_dataset(croissant):
    assert croissant["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert (croissant["name"], croissant["version"]) == ("Pets & others", "1.0")
    assert croissant["description"] == "12 pictures of 2 WordNet synsets, with 12 boxes."
    assert croissant["license"] == ["CC BY 4.0", "not on record"]
    assert croissant["datePublished"] == "2026-01-03"


def test_loaders_accept_it(croissant, tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    records = mlcroissant.Dataset(jsonld=str(tmp_path / "1.0" / "croissant.json")).records("images")
    assert sum(1 for _ in records) == 12
