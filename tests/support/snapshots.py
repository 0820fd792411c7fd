"""Snapshots in the vendor's own file type: they open in the vendor's tool and diff line by line."""

from __future__ import annotations

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


def file_type(extension: str) -> type[SingleFileSnapshotExtension]:
    """A syrupy extension that stores text snapshots as `*.EXTENSION`."""

    class _FileType(SingleFileSnapshotExtension):
        file_extension = extension
        _write_mode = WriteMode.TEXT

    return _FileType
