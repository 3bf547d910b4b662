"""Cuts metadata out of a JPEG and leaves its pixels: EXIF with GPS, XMP, IPTC, comments, trailing bytes."""

from quality.jpeg_segments import END_OF_IMAGE, segments

_COMMENT = 0xFE
_APPLICATION = range(0xE0, 0xF0)
# What a decoder needs to get the colours right; everything else that applications write is metadata.
_NEEDED = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}


def without_metadata(data: bytes) -> bytes | None:
    """Copy a JPEG up to its end marker without metadata segments; None if its structure is damaged.

    JFIF headers, colour profiles and Adobe's colour transform stay.
    """
    kept = [data[:2]]
    for marker, start, end in segments(data):
        if not _is_metadata(marker, data[start + 4 : start + 16]):
            kept.append(data[start:end])
        if marker == END_OF_IMAGE:
            return b"".join(kept)
    return None


def _is_metadata(marker: int, start: bytes) -> bool:
    if marker in _APPLICATION:
        needed = _NEEDED.get(marker)
        return needed is None or not start.startswith(needed)
    return marker == _COMMENT
