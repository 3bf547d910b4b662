from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.rehearsal.truth import Candidate, read_candidates, read_truth, require_some_known

HEADER = "url,wnid,xmin,ymin,xmax,ymax\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_line_an_instance(tmp_path: Path) -> None:
    truth = read_truth(
        written(
            tmp_path, HEADER + "a.jpg,n02123045,1,2,30,40\na.jpg,n02123045,50,2,60,9\nb.jpg,n02123045,,,,\n"
        )
    )
    assert truth.boxes("a.jpg", "n02123045") == ((1, 2, 30, 40), (50, 2, 60, 9))
    assert truth.shows("b.jpg", "n02123045")
    assert truth.boxes("b.jpg", "n02123045") == ()
    assert not truth.shows("a.jpg", "n02084071")
    assert not truth.shows("c.jpg", "n02123045")


def test_a_photograph_may_be_named(tmp_path: Path) -> None:
    text = "url,wnid,xmin,ymin,xmax,ymax,photograph\na.jpg,n1,,,,,tom\nb.jpg,n1,,,,,\n"
    truth = read_truth(written(tmp_path, text))
    assert truth.photograph("a.jpg") == "tom"
    assert truth.photograph("b.jpg") is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.jpg,n1,1,2,3,x", "line 2: a box is four numbers"),
        ("a.jpg,n1,1,2,3,", "line 2: a box is four numbers"),
        ("a.jpg,n1,1,2,3,inf", "line 2: a box is four numbers"),
        ("a.jpg,n1,1,2,3,nan", "line 2: a box is four numbers"),
        ("a.jpg,n1,9,2,3,4", "line 2: the box 9 2 3 4 is inside out"),
        ("a.jpg,n1,-1,2,3,4", "line 2: the box -1 2 3 4"),
        (",n1,1,2,3,4", "line 2: url is empty"),
        ("a.jpg", "line 2: wnid is empty"),
        ('"a.jpg', "no CSV file"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_truth(written(tmp_path, HEADER + line + "\n"))


def test_one_picture_cannot_be_two_photographs(tmp_path: Path) -> None:
    text = "url,wnid,xmin,ymin,xmax,ymax,photograph\na.jpg,n1,,,,,tom\na.jpg,n2,,,,,tim\n"
    with pytest.raises(UserError, match=r"line 3: a\.jpg is a copy of tom further up, of tim here"):
        read_truth(written(tmp_path, text))


def test_what_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Cannot read"):
        read_truth(tmp_path / "missing.csv")
    with pytest.raises(UserError, match="the column 'url' is missing"):
        read_candidates(written(tmp_path, "wnid\nn1\n"))
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"url,wnid\n\xff\xfe,n1\n")
    with pytest.raises(UserError, match="UTF-8"):
        read_candidates(path)


def test_edges_may_be_fractions_of_pixels(tmp_path: Path) -> None:
    truth = read_truth(written(tmp_path, HEADER + "a.jpg,n1,5.0,1.2,90.6,7\n"))
    assert truth.boxes("a.jpg", "n1") == ((5, 1, 91, 7),)


def test_lines_without_a_picture_or_a_synset_are_left_to_the_pipeline(tmp_path: Path) -> None:
    path = written(tmp_path, "wnid,url\nn1,\n,a.jpg\nn1\nn1,b.jpg\n")
    assert read_candidates(path) == [Candidate("n1", "b.jpg")]


def test_candidates_may_have_more_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffwnid,url,license\nn1, a.jpg ,CC0-1.0\n")
    assert read_candidates(path) == [Candidate("n1", "a.jpg")]


def test_lists_that_name_pictures_differently_do_not_fit(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "a.jpg,n1,,,,\n")
    truth = read_truth(path)
    require_some_known([Candidate("n1", "a.jpg"), Candidate("n1", "b.jpg")], truth, path)
    with pytest.raises(UserError, match="letter by letter"):
        require_some_known([Candidate("n1", "./a.jpg")], truth, path)
