"""A small picture for the mails, drawn here so that no file has to come along."""

from __future__ import annotations

import struct
import zlib

WIDTH, HEIGHT = 240, 48
LEFT, RIGHT = (47, 91, 211), (143, 176, 255)


def banner_png() -> bytes:
    """A strip from dark to light blue, as a PNG."""
    shades = [
        bytes(a + (b - a) * x // (WIDTH - 1) for a, b in zip(LEFT, RIGHT, strict=True))
        for x in range(WIDTH)
    ]
    row = b"\0" + b"".join(shades)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(row * HEIGHT))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
