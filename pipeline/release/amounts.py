"""Counts, shares and money as people read them."""


def percent(share: float) -> str:
    """A share with no more digits than mean something.

    >>> percent(0.622), percent(0.5), percent(0.9971)
    ('62.2 %', '50 %', '99.71 %')
    """
    if share not in (0, 1) and (share > 0.995 or share < 0.005):
        return f"{100 * share:.2f} %"
    return f"{100 * share:.1f} %".replace(".0 %", " %")


def count(number: int, noun: str, plural: str = "") -> str:
    """A number and what it counts.

    >>> count(1, "picture"), count(1200, "box", "boxes")
    ('1 picture', '1,200 boxes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def dollars(cents: float) -> str:
    """Cents as dollars; less than a dollar in cents and tenths.

    >>> dollars(123456), dollars(4.25)
    ('$1,234.56', '4.2 ¢')
    """
    return f"${cents / 100:,.2f}" if cents >= 100 or cents == 0 else f"{cents:.1f} ¢".replace(".0 ¢", " ¢")
