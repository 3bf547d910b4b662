"""Amounts of money as operators type them."""

import re

MOST = 100_000_000


class AmountError(Exception):
    """This is no amount; the message says what one looks like."""


def read_cents(text: str) -> int:
    """Cents of an amount in dollars.

    >>> read_cents("$1,250.5"), read_cents(" 3 ")
    (125050, 300)
    """
    plain = text.strip().removeprefix("$").replace(",", "")
    match = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,2}))?", plain, re.ASCII)
    if match is None:
        raise AmountError("Write an amount in dollars, such as 250 or 12.50.")
    cents = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if cents > MOST:
        raise AmountError(f"At most ${MOST / 100:,.0f} can be booked at once.")
    return cents
