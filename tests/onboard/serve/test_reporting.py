"""The `audit` section of an org, down to events that arrive."""

from __future__ import annotations

import ssl
from dataclasses import replace

import pytest
from support.certificates import make_certificate
from support.northwind import NORTHWIND
from support.sites import provisioned

from onboard.errors import PkiError
from onboard.model import AuditSink, SinkFormat, SinkType
from onboard.secret import Secret
from onboard.serve import configure
from onboard.serve.reporting import reporting
from scep_server.forwarding import HttpSender, SyslogSender
from scep_server.reporting import Format, read_checkpoint

SYSLOG = AuditSink(name="siem", type=SinkType.SYSLOG, url="tls://siem.example", format=SinkFormat.CEF)
HTTP = AuditSink(name="lake", type=SinkType.HTTP, url="http://127.0.0.1:9/x")


def site_with(tmp_path, *sinks):
    return replace(provisioned(tmp_path), organization=replace(NORTHWIND, audit=sinks))


def test_each_sink_gets_its_sender(tmp_path):
    """Host, port, form and token are those of the org; TLS checks names unless the URL asks for none."""
    made = reporting(site_with(tmp_path, SYSLOG, HTTP), {"lake": Secret("a-token")})
    siem, lake = made.sinks
    syslog, http = siem.make_sender(), lake.make_sender()
    assert isinstance(syslog, SyslogSender)
    assert (syslog.host, syslog.port, siem.form) == ("siem.example", 6514, Format.CEF)
    assert syslog.context is not None
    assert syslog.context.check_hostname
    assert syslog.context.verify_mode is ssl.CERT_REQUIRED
    assert isinstance(http, HttpSender)
    assert http.headers == {"Authorization": "Bearer a-token"}
    assert http.context is None
    assert "a-token" not in repr(made)


def test_its_authority_can_be_named(tmp_path):
    """`trust` replaces the operating system's authorities; a file that is none is refused with its place."""
    own = replace(SYSLOG, trust="siem.pem")
    site = site_with(tmp_path, own)
    with pytest.raises(PkiError, match=r"siem\.pem holds no certificate"):
        reporting(site, {})
    (tmp_path / "siem.pem").write_text(ssl.DER_cert_to_PEM_cert(make_certificate("Sink", ca=True).der))
    (sink,) = reporting(site, {}).sinks
    assert len(sink.make_sender().context.get_ca_certs()) == 1


def test_checkpoints_are_signed_with_a_key_of_their_own(tmp_path):
    """`ca init` makes it; its certificate chains to the org and is good for nothing else."""
    site = provisioned(tmp_path)
    made = reporting(site, {})
    checkpoint = read_checkpoint(made.signer.sign(count=0, head=bytes(32), now=site.now).text)
    checkpoint.signer.verify_directly_issued_by(site.certificate("staff"))
    assert made.folder.is_dir()
    assert configure(site, {}, reports=made).reporting is made


def test_a_state_of_before_reports_without_checkpoints(tmp_path):
    """Until `ca init` has run again, and never a reason not to start."""
    site = provisioned(tmp_path)
    for path in (site.state.path / "audit").iterdir():
        path.unlink()
    (site.state.path / "outbox").rmdir()
    made = reporting(site, {})
    assert made.signer is None
    assert made.folder.is_dir()
