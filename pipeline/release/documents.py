"""What is written for people: pages and texts from templates, which say counts, shares and money alike."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pipeline.release.amounts import count, dollars, percent


def written(template: str, **shown: Any) -> str:
    """Fill in a template; what a page shows is escaped, a text in Markdown is as it is given."""
    return _templates().get_template(template).render(shown)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.release"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": count, "percent": percent, "dollars": dollars}
    return environment
