"""How money, times and spans are written on the pages."""

from datetime import UTC, datetime

from markupsafe import Markup


def money(cents: float) -> str:
    """Dollars and cents: `$1,234.50`."""
    sign = "−" if cents < 0 else ""
    return f"{sign}${abs(cents) / 100:,.2f}"


def span(seconds: float) -> str:
    """A length of time in the one or two units that matter: `1 h 30 min`.

    >>> span(59), span(90), span(5400), span(86400 * 3 + 7200)
    ('59 s', '1 min 30 s', '1 h 30 min', '3 d 2 h')
    """
    whole = max(0, round(seconds))
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    first = next((at for at, (_, size) in enumerate(units) if whole >= size), 3)
    parts: list[str] = []
    for name, size in units[first : first + 2]:
        number, whole = divmod(whole, size)
        if number or not parts:
            parts.append(f"{number} {name}")
    return " ".join(parts)


def stamp(moment: datetime | None, style: str = "full") -> Markup:
    """A `<time>` that the page's script rewrites in the reader's own zone; UTC without it.

    The styles `utc` and `utc_day` stay in UTC, for what stands beside days that are counted in it.
    """
    if moment is None:
        return Markup("<span>never</span>")
    utc = moment.astimezone(UTC)
    if style.startswith("utc"):
        written = utc.strftime("%-d %b %Y" if style == "utc_day" else "%-d %b %Y, %H:%M UTC")
        return Markup('<time datetime="{}">{}</time>').format(utc.isoformat(timespec="seconds"), written)
    pattern = {"full": "%-d %b %Y, %H:%M UTC", "clock": "%H:%M UTC", "day": "%-d %b %Y"}[style]
    return Markup('<time datetime="{}" data-style="{}">{}</time>').format(
        utc.isoformat(timespec="seconds"), style, utc.strftime(pattern)
    )
