r"""Reading records whose header names are not UTF-8.

The protocol calls header names strings, and brokers take any bytes. The client library raises on
such a record, with everything else of its batch, at each attempt: one producer's slip would stop
the partition for good. Here such a batch is read once more by the library's own slow reader, with
the bytes that are not UTF-8 shown as `\xff`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator


class _LenientBytes(bytearray):
    """Decodes whatever it is asked to, and so do its slices."""

    @override
    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return _LenientBytes(found) if isinstance(index, slice) else found

    @override
    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # the library is untyped
    _buffer: bytearray

    @override
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _LenientBytes(self._buffer)


class _Batch:
    """A batch of the library's; everything but reading its records is left to it."""

    def __init__(self, batch: Any, data: bytes, index: int) -> None:
        self._batch = batch
        self._data = data
        self._index = index

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except UnicodeDecodeError:
            return iter(list(self._lenient()))

    def _lenient(self) -> _LenientBatch:
        records = _MemoryRecordsPy(self._data)
        for _ in range(self._index):
            records._cache_next()  # noqa: SLF001 - there is no public way to pass a batch over
        return _LenientBatch(records._next_slice)  # noqa: SLF001 - as above


class LenientRecords:
    """What one fetch brought of one partition."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._records: Any = MemoryRecords(data)
        self._index = 0

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        return int(self._records.size_in_bytes())

    def next_batch(self) -> Any:
        batch = _Batch(self._records.next_batch(), self._data, self._index)
        self._index += 1
        return batch


def install() -> None:
    """Let every consumer of the process read this way."""
    fetcher.MemoryRecords = LenientRecords
