"""The audit trail's last checkpoint, of a server with several workers."""

from __future__ import annotations

import json
import signal

import httpx
import pytest
from support.serving import running

pytestmark = pytest.mark.slow


def test_the_last_checkpoint_counts_what_all_workers_wrote(onboard, folder) -> None:
    """Each worker writes what it has counted when it ends; the checkpoint is made after the last of them."""
    with running(folder, "serve", "--workers", "3") as (base, process):
        for _ in range(60):  # on connections of their own, which come to one worker or another
            assert httpx.post(f"{base}/scep/staff", content=b"nothing", trust_env=False).status_code == 400
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    kept = folder / ".onboard" / "outbox" / "checkpoint.json"
    verdict = onboard("audit", "verify", "--checkpoint", str(kept), "--format", "json").json
    assert verdict["count"] >= 2  # of at least two workers
    assert json.loads(kept.read_text())["count"] == verdict["count"]
