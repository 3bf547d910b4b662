"""A contact sheet: rows of small pictures on one HTML page that needs nothing beside it."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO
from typing import NamedTuple

from PIL import Image

from pipeline.pictures import upright

SIDE = 220
QUALITY = 80
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff }}
ol {{ display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; padding: 0 }}
li {{ width: 220px; overflow-wrap: anywhere }}
img {{ display: block; max-width: 100%; outline: 1px solid #ccc }}
.first img {{ outline: 3px solid #0a6640 }}
</style>
<h1>{title}</h1>
{rows}
</html>
"""


class Card(NamedTuple):
    """One picture of a row: its thumbnail as JPEG bytes, and the line below it."""

    thumbnail: bytes
    caption: str


class Row(NamedTuple):
    """Pictures side by side under a heading; the first is marked when it is the one to keep."""

    heading: str
    cards: list[Card]
    keeps_first: bool


def thumbnail(image: Image.Image) -> bytes:
    """Make a small JPEG of a picture, upright."""
    image.draft("RGB", (SIDE, SIDE))
    small = upright(image).convert("RGB")
    small.thumbnail((SIDE, SIDE))
    stored = BytesIO()
    small.save(stored, "JPEG", quality=QUALITY)
    return stored.getvalue()


def contact_sheet(title: str, rows: list[Row]) -> str:
    """Give the page as HTML text."""
    return PAGE.format(title=escape(title), rows="\n".join(map(_row, rows)))


def _row(row: Row) -> str:
    cards = "\n".join(_card(card, row.keeps_first and k == 0) for k, card in enumerate(row.cards))
    return f"<h2>{escape(row.heading)}</h2>\n<ol>\n{cards}\n</ol>"


def _card(card: Card, first: bool) -> str:
    mark, picture = ' class="first"' if first else "", b64encode(card.thumbnail).decode()
    caption = escape(card.caption)
    return f'<li{mark}><img src="data:image/jpeg;base64,{picture}" alt="{caption}">{caption}</li>'
