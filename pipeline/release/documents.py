"""What is written for people: pages and texts from templates, which say counts, shares and money alike."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pipeline.release.amounts import count, dollars, percent


def written(template: str, **shown: Any) -> str:
    """Fill in a template; what a page shows is escaped, in Markdown what strangers wrote needs `inline`."""
    return _templates().get_template(template).render(shown)


def inline(text: str) -> str:
    """Write text into a line of Markdown: it stays one line, and nothing in it is markup.

    >>> inline("CC BY [4.0]\\n<b>")
    'CC BY \\\\[4.0\\\\] &lt;b&gt;'
    """
    flat = " ".join(text.split()).replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"[\\`*\[\]#|]", r"\\\g<0>", flat)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.release"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": count, "percent": percent, "dollars": dollars, "inline": inline}
    return environment
