"""What becomes of a picture and of the boxes in it when somebody cuts, scales or mirrors it."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from pipeline.hits.submission import Box

LEAST_LEFT = 0.2
"""Share of an instance that must still be in the picture for it to count as shown."""


@dataclass(frozen=True, slots=True)
class Framing:
    """A part of a picture (pixels, inclusive), scaled, perhaps mirrored."""

    part: Box
    scale: float = 1.0
    mirrored: bool = False

    def picture(self, image: Image.Image) -> Image.Image:
        """Cut, scale and mirror."""
        left, top, right, bottom = self.part
        cut = image.crop((left, top, right + 1, bottom + 1))
        if self.scale != 1:
            cut = cut.resize(self.size, Image.Resampling.LANCZOS)
        return cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if self.mirrored else cut

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what comes out."""
        left, top, right, bottom = self.part
        return round((right - left + 1) * self.scale), round((bottom - top + 1) * self.scale)

    def boxes(self, boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        """Carry boxes over; those of which too little is left are gone."""
        return tuple(self._carried(box) for box in boxes if self._left_of(box) >= LEAST_LEFT)

    def _carried(self, box: Box) -> Box:
        left, top, _, _ = self.part
        xmin, ymin, xmax, ymax = self._clipped(box)
        x = [round((edge - left) * self.scale) for edge in (xmin, xmax + 1)]
        y = [round((edge - top) * self.scale) for edge in (ymin, ymax + 1)]
        if self.mirrored:
            x = [self.size[0] - edge for edge in reversed(x)]
        return x[0], y[0], x[1] - 1, y[1] - 1

    def _left_of(self, box: Box) -> float:
        return _area(self._clipped(box)) / _area(box)

    def _clipped(self, box: Box) -> Box:
        return (
            max(box[0], self.part[0]),
            max(box[1], self.part[1]),
            min(box[2], self.part[2]),
            min(box[3], self.part[3]),
        )


def whole(image: Image.Image) -> Box:
    """The part of a picture that is all of it."""
    return 0, 0, image.width - 1, image.height - 1


def _area(box: Box) -> int:
    return max(0, box[2] - box[0] + 1) * max(0, box[3] - box[1] + 1)
