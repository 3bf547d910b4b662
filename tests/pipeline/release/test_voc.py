"""The XML, read back as others read it."""

import pytest
from defusedxml import ElementTree

from pipeline.release.images import Box
from pipeline.release.refusals import ReleaseRefused
from pipeline.release.voc import annotation


def test_every_field_is_right(make_image):
    image = make_image(boxes=(Box(2, 3, 40, 30), Box(0, 0, 63, 47)))
    root = ElementTree.fromstring(annotation(image, depth=3, database="Pets & others"))
    assert root.findtext("folder") == image.wnid
    assert root.findtext("filename") == image.name
    assert root.findtext("source/database") == "Pets & others"
    assert [root.findtext(f"size/{side}") for side in ("width", "height", "depth")] == ["64", "48", "3"]
    assert [thing.findtext("name") for thing in root.iter("object")] == [image.wnid] * 2
    boxes = [tuple(int(edge.text) for edge in box) for box in root.iter("bndbox")]
    assert boxes == [(2, 3, 40, 30), (0, 0, 63, 47)]


def test_edges_come_in_the_order_of_the_standard(make_image):
    root = ElementTree.fromstring(annotation(make_image(), depth=3, database="d"))
    assert [edge.tag for edge in root.find("object/bndbox")] == ["xmin", "ymin", "xmax", "ymax"]


@pytest.mark.parametrize("box", [Box(0, 0, 64, 10), Box(5, 0, 4, 10), Box(0.0, 0, 4, 10)])
def test_a_box_that_is_none_is_not_written(make_image, box):
    with pytest.raises(ReleaseRefused, match="box"):
        annotation(make_image(boxes=(box,)), depth=3, database="d")
