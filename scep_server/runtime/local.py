"""The whole server inside another program, on a free loopback port: for rehearsals, demonstrations, tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scep_server.runtime.config import ServerConfig
from scep_server.runtime.metrics import Metrics
from scep_server.runtime.serving import listen, url_of
from scep_server.runtime.worker import Worker

START_SECONDS = 30.0


@contextmanager
def running_server(config: ServerConfig, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread; gives the base URL, such as `http://127.0.0.1:40123`, and stops at the end.

    Raises:
        StoreError, OSError: whatever kept it from starting.
    """
    listening = listen(host, port)
    ready = threading.Event()
    failures: list[BaseException] = []
    worker = Worker(
        config,
        number=0,
        workers=1,
        metrics=Metrics([endpoint.group for endpoint in config.endpoints], 1),
        ready=ready.set,
    )

    def run() -> None:
        try:
            worker.run([listening])
        except BaseException as error:  # noqa: BLE001 # it belongs to whoever started the thread
            failures.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="scep-server")
    thread.start()
    try:
        if not ready.wait(START_SECONDS):
            msg = f"the server was not ready after {START_SECONDS:.0f} s"
            raise TimeoutError(msg)
        if not failures:
            yield url_of(listening, tls=config.tls is not None)
    finally:
        worker.stop()
        thread.join()
        listening.close()
    if failures:
        raise failures[0]
