"""Pictures that lie on this machine: read by who examines them, one at a time."""

import os
from pathlib import Path
from stat import S_ISREG
from urllib.parse import unquote_to_bytes, urlsplit

from pipeline.ports import Fetched


def is_file(url: str) -> bool:
    """Tell whether a URL names a file rather than something on the web."""
    return url.startswith("file:")


def read_file(url: str, max_bytes: int) -> Fetched:
    """Read the file that a URL names, or say why it cannot be had."""
    try:
        parts = urlsplit(url)
        path = Path(os.fsdecode(unquote_to_bytes(parts.path)))
        if parts.netloc not in {"", "localhost"} or not S_ISREG((seen := path.stat()).st_mode):
            return _refused(url, "missing_file", f"there is no file {path} on this machine")
        with path.open("rb") as file:
            data = file.read(min(seen.st_size, max_bytes) + 1)
    except OSError as error:
        return _refused(url, "missing_file", f"{path} cannot be read: {error.strerror}")
    except ValueError as error:
        return _refused(url, "bad_url", f"not a usable URL: {error}")
    if len(data) > max_bytes:
        return _refused(url, "too_large", f"{path} has more than {max_bytes} bytes")
    return Fetched(url, url, data=data)


def _refused(url: str, reason: str, text: str) -> Fetched:
    return Fetched(url, url, refusal=reason, text=text)
