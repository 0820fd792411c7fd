"""The quick reader of property lists and `plistlib` never disagree."""

from __future__ import annotations

import datetime as dt
import plistlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import neutral, staff_plan

from onboard.lint.apple.plist import read_plist
from onboard.payloads.apple import build

PROFILE = build(staff_plan(), neutral)[0].content
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_text = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn")), max_size=12)
_trees = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text
    | st.binary(max_size=90)
    | st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)).map(lambda d: d.replace(microsecond=0)),  # noqa: DTZ001  # plists are naive
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=12,
)


def both(content: bytes) -> tuple[object, object]:
    results = []
    for reader in (read_plist, plistlib.loads):
        try:
            results.append(repr(reader(content)))
        except Exception as error:  # noqa: BLE001  # plistlib lets many kinds through; they are compared
            results.append(type(error))
    return results[0], results[1]


@given(_trees, st.sampled_from([plistlib.FMT_XML, plistlib.FMT_BINARY]))
def test_same_values(tree, form):
    """Whatever plistlib writes is read alike."""
    quick, reference = both(plistlib.dumps(tree, fmt=form))
    assert quick == reference


@given(st.integers(0, len(PROFILE) - 1), st.binary(max_size=5), st.booleans())
def test_same_judgement_of_damage(start, noise, cut):
    """A damaged profile is read alike, or refused by both."""
    end = len(PROFILE) if cut else start + len(noise)
    quick, reference = both(PROFILE[:start] + noise + PROFILE[end:])
    assert quick == reference


@pytest.mark.parametrize(
    "body",
    [
        b"<plist><string>a<!-- b -->c</string></plist>",
        b"<plist><string>a<b/>c</string></plist>",
        b"<plist><string><![CDATA[<&>]]></string></plist>",
        b"<plist><string> spaces </string></plist>",
        b"<plist><integer> 7 </integer></plist>",
        b"<plist><integer>-7</integer></plist>",
        b"<plist><integer>0x1F</integer></plist>",
        b"<plist><integer>\xd9\xa7</integer></plist>",
        b"<plist><integer></integer></plist>",
        b"<plist><data>!!!!</data></plist>",
        b"<plist><data>QUJD\n\tRA==</data></plist>",
        b"<plist><dict><key>a</key></dict></plist>",
        b"<plist><dict><string>a</string><string>b</string></dict></plist>",
        b"<plist><dict><key>a</key><key>b</key></dict></plist>",
        b"<plist><dict><key/><true/></dict></plist>",
        b"<plist><dict><key>a</key><true/><key>a</key><false/></dict></plist>",
        b"<plist><true>text</true></plist>",
        b"<plist/>",
        b"<plist><true/><false/></plist>",
        b"<array><true/></array>",
        b"<plist><array>text<true/></array></plist>",
        b'<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>',
        b"<plist>" + b"<array>" * 5000 + b"</array>" * 5000 + b"</plist>",
    ],
)
def test_unusual_lists_are_read_alike(body):
    """Comments, odd numbers, broken dictionaries, entities and depth: one judge."""
    for head in (HEAD, b""):
        quick, reference = both(head + body)
        assert quick == reference


_PIECES = st.sampled_from(
    [
        b"\n\t\t<dict>\n",
        b"\n\t\t</dict>",
        b"<!--",
        b"-->",
        b"<_/>",
        b"<![CDATA[",
        b"]]>",
        b"<?x ?>",
        b"<dict/>",
    ]
)


@given(st.lists(st.tuples(st.integers(0, len(PROFILE)), _PIECES), max_size=5))
def test_payloads_are_cut_out_without_a_difference(pieces):
    """Comments and the like around or inside payloads, and marks of our own, change nothing."""
    content = PROFILE
    for place, piece in pieces:
        content = content[:place] + piece + content[place:]
    quick, reference = both(content)
    assert quick == reference


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            b"\n\t\t<dict>\n",
            b"\n\t\t<!--<dict>\n",
        ),
        (b"\n\t\t</dict>", b"<!-- \n\t\t</dict> -->\n\t\t</dict>"),
        (b"<array>\n", b"<array>\n<!-- \n\t\t<dict>\n\n\t\t</dict> -->\n"),
        (b"<array>\n", b"<array>\n<dict/><_/>\n"),
    ],
)
def test_comments_around_payloads(old, new):
    """A payload in a comment is none, and a comment that ends a payload does not end it."""
    quick, reference = both(PROFILE.replace(old, new))
    assert quick == reference
