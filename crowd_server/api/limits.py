"""Limits that the service model does not state."""

import re

from crowd_server.api.call import Params
from crowd_server.errors import invalid

YEAR = 31_536_000
MONTH = 2_592_000
LETTER = 4096
MARKUP = re.compile(r"<[a-zA-Z/!?]|[\x00-\x08\x0b\x0c\x0e-\x1f]")


def check_text(name: str, text: str, longest: int, *, required: bool = True) -> None:
    """Text that workers will read: there, not too long, and no markup."""
    if len(text) > longest or (required and not text.strip()):
        raise invalid(name, text, f"It must have 1 to {longest} characters.")
    if MARKUP.search(text):
        raise invalid(name, text, "It must be plain text, without HTML and control characters.")


def check_written(params: Params, name: str, longest: int = LETTER) -> None:
    """Words for a worker to read: some, and not too many."""
    if not 1 <= len(params[name].strip()) <= len(params[name]) <= longest:
        raise invalid(name, params[name], f"Write 1 to {longest} characters; blanks alone say nothing.")


def in_range(params: Params, name: str, low: int, high: int) -> None:
    """Refuse a number outside its limits; an absent one is fine."""
    if name in params and not low <= params[name] <= high:
        raise invalid(name, params[name], f"It must be between {low} and {high}.")


def check_length(params: Params, name: str, longest: int) -> None:
    """Refuse a string that is too long; an absent one is fine."""
    if len(params.get(name, "")) > longest:
        raise invalid(name, params[name], f"It must have at most {longest} characters.")
