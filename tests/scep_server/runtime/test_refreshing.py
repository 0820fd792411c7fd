"""New keys in a running server: no request is dropped, whichever moment they come at."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace

import httpx
from cryptography.hazmat.primitives.serialization import Encoding
from support.scep_requests import Shape, csr, enrol, read_reply, rsa_key, self_signed
from support.scep_site import STATIC_SECRET, site, subject_of

from scep_server.runtime import Served, running_server

ADA = "ada@northwind.example"
PATIENCE = 2_000  # requests; the change comes within a hundredth of that


class Keys:
    """A refresh that gives another RA when it is told to, and can fail."""

    def __init__(self):
        self.made = site()
        self.due = threading.Event()
        self.asked = []

    def __call__(self, *, leads):
        self.asked.append(leads)
        if len(self.asked) == 1:
            raise OSError("the disk is on fire")
        if not self.due.is_set():
            return None
        self.due.clear()
        self.other = self.made.another_ra()
        endpoint = self.made.endpoint(recipients=(self.other, self.made.ra))
        authority, *others = self.made.published()
        return Served(endpoints=(endpoint,), authorities=(replace(authority, responder=None), *others))


def message(ra):
    pair = self_signed(rsa_key("device"), subject=subject_of(ADA))
    payload = csr(rsa_key("device"), subject=subject_of(ADA), challenge=STATIC_SECRET)
    return enrol(payload, ra.certificate, pair, Shape()), pair


def test_keys_change_without_a_dropped_request():
    """GetCACert answers throughout , then with the new RA; the old one still opens."""
    keys = Keys()
    config = keys.made.config(None, refresh=keys, refresh_seconds=0.01, per_address=None)
    with running_server(config) as url, httpx.Client() as client:
        keys.due.set()
        for number in itertools.count():
            reply = client.get(f"{url}/scep/staff?operation=GetCACert")
            assert reply.status_code == 200
            if hasattr(keys, "other") and keys.other.certificate.public_bytes(Encoding.DER) in reply.content:
                break
            assert number < PATIENCE
        for ra in (keys.made.ra, keys.other):
            sealed, pair = message(ra)
            answer = client.post(f"{url}/scep/staff?operation=PKIOperation", content=sealed)
            assert read_reply(answer.content, pair).status == "0"
        assert client.get(f"{url}/healthz").status_code == 200
        assert client.get(f"{url}/ocsp/staff-ca/AAAA").status_code == 404
    assert keys.asked[0] is True
