"""What is told and logged is bounded, whatever a stranger has sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scep_server.errors import LONGEST, RequestRejectedError, UnanswerableError, bounded
from scep_server.messages import FailInfo


@given(st.text(max_size=3_000), st.integers(min_value=30, max_value=1_000))
def test_a_text_is_bounded(text, longest):
    """Short texts stay as they are; of long ones both ends are there, and how much is missing."""
    shown = bounded(text, longest)
    if len(text) <= longest:
        assert shown == text
    else:
        assert len(shown) < longest + 50
        assert shown[:10] == text[:10]
        assert shown[-10:] == text[-10:]


def test_reasons_are_bounded():
    """Of refusals for the device and the log, and of what is no SCEP at all."""
    value = "x" * 100_000
    refused = RequestRejectedError(FailInfo.BAD_REQUEST, f"a {value} b", remedy=value)
    texts = (refused.reason, refused.remedy, refused.public, str(refused), str(UnanswerableError(value)))
    assert all(len(text) < LONGEST + 50 for text in texts)
    assert refused.reason.startswith("a x")
    assert refused.reason.endswith("x b")
