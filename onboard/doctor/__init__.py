"""Plays each family of SCEP clients against a live URL, anybody's, and says which would fail and why."""

from onboard.doctor.examination import Examination, examine
from onboard.doctor.finding import EVERY_CLIENT, Check, Finding, Outcome, failed
from onboard.doctor.line import Line
from onboard.doctor.visit import Tickets, Visit

__all__ = [
    "EVERY_CLIENT",
    "Check",
    "Examination",
    "Finding",
    "Line",
    "Outcome",
    "Tickets",
    "Visit",
    "examine",
    "failed",
]
