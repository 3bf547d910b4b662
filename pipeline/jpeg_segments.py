"""Cuts metadata out of a JPEG and leaves its pixels: EXIF with GPS, XMP, IPTC, comments, trailing bytes."""

import re

_EOI, _SOS, _COMMENT = 0xD9, 0xDA, 0xFE
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_APPLICATION = range(0xE0, 0xF0)
# What a decoder needs to get the colours right; everything else that applications write is metadata.
_NEEDED = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}


def without_metadata(data: bytes) -> bytes | None:
    """Copy a JPEG up to its end marker without metadata segments; None if its structure is damaged.

    JFIF headers, colour profiles and Adobe's colour transform stay.
    """
    kept = [data[:2]]
    at = 2
    while data[at : at + 1] == b"\xff" and at + 1 < len(data):
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            return b"".join([*kept, data[at : at + 2]])
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SOS:
            scan_end = _END_OF_SCAN.search(data, end)
            end = scan_end.start() if scan_end else len(data)
        if not _is_metadata(marker, data[at + 4 : at + 16]):
            kept.append(data[at:end])
        at = end
    return None


def _is_metadata(marker: int, start: bytes) -> bool:
    if marker in _APPLICATION:
        needed = _NEEDED.get(marker)
        return needed is None or not start.startswith(needed)
    return marker == _COMMENT
