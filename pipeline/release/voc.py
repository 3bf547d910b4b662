"""Box annotations in the XML of PASCAL VOC, as ImageNet used it."""

from __future__ import annotations

from xml.sax.saxutils import escape

from pipeline.release.images import Box, ReleaseImage, box_fault
from pipeline.release.refusals import ReleaseRefused

_OBJECT = """\
  <object>
    <name>{name}</name>
    <pose>Unspecified</pose>
    <truncated>0</truncated>
    <difficult>0</difficult>
    <bndbox>
      <xmin>{box.xmin}</xmin>
      <ymin>{box.ymin}</ymin>
      <xmax>{box.xmax}</xmax>
      <ymax>{box.ymax}</ymax>
    </bndbox>
  </object>
"""
_ANNOTATION = """\
<annotation>
  <folder>{folder}</folder>
  <filename>{filename}</filename>
  <source>
    <database>{database}</database>
  </source>
  <size>
    <width>{width}</width>
    <height>{height}</height>
    <depth>{depth}</depth>
  </size>
  <segmented>0</segmented>
{objects}</annotation>
"""


def annotation(image: ReleaseImage, depth: int, database: str) -> str:
    """The XML of one picture: integer, inclusive pixels of the stored file, the wnid as name.

    Pose, truncation and difficulty are fillers, as in ILSVRC: nobody was asked. ``depth`` is the number of
    colour channels, ``database`` the title of the dataset.

    Raises
    ------
    ReleaseRefused
        If a box is inside out, not integer, or leaves the picture.
    """
    return _ANNOTATION.format(
        folder=image.wnid,
        filename=image.name,
        database=escape(database),
        width=image.width,
        height=image.height,
        depth=depth,
        objects="".join(_object(image, box) for box in image.boxes),
    )


def _object(image: ReleaseImage, box: Box) -> str:
    if fault := box_fault(box, image.width, image.height):
        raise ReleaseRefused(f"{image.file}: {fault}")
    return _OBJECT.format(name=image.wnid, box=box)
