"""The audit trail as others read it: signed checkpoints, and the events in the forms that SIEMs take."""

from scep_server.reporting.checkpoint import Checkpoint, CheckpointError, CheckpointSigner, read_checkpoint
from scep_server.reporting.formats import FORMATS, Format, Record, checkpoint_record, event_record

__all__ = [
    "FORMATS",
    "Checkpoint",
    "CheckpointError",
    "CheckpointSigner",
    "Format",
    "Record",
    "checkpoint_record",
    "event_record",
    "read_checkpoint",
]
