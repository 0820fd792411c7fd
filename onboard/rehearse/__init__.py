"""Proves that a device would get on the network before any device tries: from artifacts to results."""

from onboard.rehearse.given import Given, read_folder
from onboard.rehearse.play import rehearse
from onboard.rehearse.result import Result
from onboard.rehearse.stage import Stage
from onboard.rehearse.transport import redirecting_client

__all__ = ["Given", "Result", "Stage", "read_folder", "redirecting_client", "rehearse"]
