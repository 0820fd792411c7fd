"""A transport that sends head and body of an answer in one piece, though they are written one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


class JoiningTransport(asyncio.Transport):
    """Holds a write back until the next one, or until the turn of the loop is over.

    uvicorn writes the head of an answer and then its body. Sent by themselves they cost a system call more
    and a packet, and wake the client twice.

    Args:
        transport: what it stands for.
        loop: whose turns count.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: bytes | bytearray | memoryview = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hold it, or send it behind what is held; nothing where the client is gone.

        uvicorn tells only the last of several requests on a connection that it is lost, and uvloop raises.
        """
        if self._transport.is_closing():
            self._held = b""
        elif self._held:
            held, self._held = self._held, b""
            self._transport.writelines((held, data))
        elif data:
            self._held = data
            self._loop.call_soon(self._release)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send all of it at once."""
        self._release()
        if not self._transport.is_closing():
            self._transport.writelines(list_of_data)

    def close(self) -> None:
        """Send what is held, and close."""
        self._release()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what is held is lost."""
        self._held = b""
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether nothing more is taken."""
        return self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        """Octets that the client has not taken yet."""
        return len(self._held) + self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Let the client's octets wait."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take them again."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """See `asyncio.BaseTransport.get_extra_info`."""
        return self._transport.get_extra_info(name, default)

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)
