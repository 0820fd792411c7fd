"""Brings the audit trail to other machines: sinks that take lines, and an outbox that forgets none."""

from scep_server.forwarding.outbox import Outbox
from scep_server.forwarding.senders import HttpSender, Sender, SinkError, SyslogSender

__all__ = ["HttpSender", "Outbox", "Sender", "SinkError", "SyslogSender"]
