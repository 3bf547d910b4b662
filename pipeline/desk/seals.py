"""Sealed names: numbers that nobody but us can read, nor write.

The seal is made from what is sealed and hides it (a synthetic initialisation vector: Rogaway and Shrimpton
2006), by keyed BLAKE2b. The same numbers always give the same name.
"""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import blake2b
from hmac import compare_digest

SEAL_BYTES = 16


class Seal:
    """Seals whole numbers of one `layout` (of `struct`, at most 64 bytes) for one purpose."""

    def __init__(self, secret: str, purpose: str, layout: str) -> None:
        self._layout = struct.Struct(layout)
        self._marks, self._hides = (
            blake2b(secret.encode(), person=f"{purpose} {use}".encode(), digest_size=32).digest()
            for use in ("mark", "hide")
        )

    def seal(self, *numbers: int) -> str:
        """Give the name of these numbers: letters, digits, `-` and `_`."""
        plain = self._layout.pack(*numbers)
        mark = self._mark(plain)
        return urlsafe_b64encode(mark + self._hidden(mark, plain)).decode().rstrip("=")

    def read(self, name: str) -> tuple[int, ...] | None:
        """Give the numbers behind a name; None if we did not seal it."""
        try:
            sealed = urlsafe_b64decode(name + "=" * (-len(name) % 4))
        except (Error, ValueError):
            return None
        mark, hidden = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
        if len(hidden) != self._layout.size:
            return None
        plain = self._hidden(mark, hidden)
        numbers = self._layout.unpack(plain)
        # Sealed again, it must be the same to the letter: base64 reads more than it writes.
        ours = compare_digest(mark, self._mark(plain)) and self.seal(*numbers) == name
        return numbers if ours else None

    def _mark(self, plain: bytes) -> bytes:
        return blake2b(plain, key=self._marks, digest_size=SEAL_BYTES).digest()

    def _hidden(self, mark: bytes, text: bytes) -> bytes:
        stream = blake2b(mark, key=self._hides, digest_size=len(text)).digest()
        return bytes(a ^ b for a, b in zip(text, stream, strict=True))
