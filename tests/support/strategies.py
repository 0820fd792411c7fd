"""Hypothesis strategies for legal plans: odd text, wildcards, every security, profiles of both holders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from support.northwind import DEVICE_EAP_TLS, NORTHWIND, USER_EAP_TLS, certificates

from onboard.model import (
    AltName,
    Anchor,
    Authority,
    Challenge,
    ChallengeType,
    EnrollmentProfile,
    Group,
    KeyKind,
    Network,
    NetworkType,
    Platform,
    Radius,
    Security,
    Ssid,
    SubjectAttribute,
)
from onboard.names import ATTRIBUTES, AltNameKind
from onboard.plan import GroupPlan, make_plan
from onboard.secret import Secret
from onboard.variables import VARIABLES, Holder, Reference, Template

_PRINTABLE = st.characters(exclude_categories=["C", "Zl", "Zp"])
_LABEL = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
_KEY = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
_COUNTRY = st.sampled_from(["DE", "NZ"])


def ssids() -> st.SearchStrategy[Ssid]:
    """Network names of 1 to 32 octets."""
    fits = st.text(_PRINTABLE, min_size=1, max_size=32).filter(lambda text: len(text.encode()) <= 32)
    return fits.map(Ssid)


def texts(limit: int = 40) -> st.SearchStrategy[str]:
    """Names of things: printable, no blank at either end."""
    return st.text(_PRINTABLE, min_size=1, max_size=limit).filter(lambda text: text == text.strip())


def server_names() -> st.SearchStrategy[tuple[str, ...]]:
    """Up to three DNS names, some with a leading wildcard label."""
    name = st.tuples(st.sampled_from(["", "*."]), _LABEL, _LABEL).map(
        lambda p: f"{p[0]}{p[1]}.{p[2]}.example"
    )
    return st.lists(name, min_size=1, max_size=3, unique=True).map(tuple)


def radii() -> st.SearchStrategy[Radius]:
    """What a device demands of the network."""
    anchors = st.lists(st.sampled_from(["root", "staff", "students"]), min_size=1, max_size=2, unique=True)
    return st.builds(
        Radius,
        name=_KEY,
        server_names=server_names(),
        trust=anchors.map(lambda names: tuple(Anchor(authority=name) for name in names)),
    )


def networks() -> st.SearchStrategy[tuple[Network, ...]]:
    """One to four networks, Wi-Fi and wired, with keys and SSIDs of their own."""
    wifi = st.builds(
        Network,
        name=_KEY,
        type=st.just(NetworkType.WIFI),
        radius=radii(),
        ssid=ssids(),
        security=st.sampled_from(Security),
    )
    wired = st.builds(Network, name=_KEY, type=st.just(NetworkType.ETHERNET), radius=radii())
    several = st.lists(
        wifi | wired, min_size=1, max_size=4, unique_by=(lambda n: n.name, lambda n: n.ssid or n.name)
    )
    return several.map(tuple)


def templates(holder: Holder) -> st.SearchStrategy[Template]:
    """Text, a variable of the holder, or both."""
    names = [v.name for v in VARIABLES.values() if v.holder in {None, holder}]
    variable = st.sampled_from(names).map(Reference)
    return st.one_of(
        texts(20).map(lambda text: Template.parse(text.replace("$", "S"))),
        variable.map(lambda part: Template((part,))),
        st.tuples(texts(10), variable).map(lambda p: Template((p[0].replace("$", "S"), p[1]))),
    )


@st.composite
def profiles(draw: st.DrawFn) -> EnrollmentProfile:
    """The shipped profiles with other subjects, names, keys and times."""
    shipped = draw(st.sampled_from([USER_EAP_TLS, DEVICE_EAP_TLS]))
    keys = draw(st.lists(st.sampled_from(sorted(ATTRIBUTES)), min_size=1, max_size=5, unique=True))
    kinds = draw(st.lists(st.sampled_from(AltNameKind), max_size=3))
    days = draw(st.integers(1, 3000))
    return replace(
        shipped,
        subject=tuple(
            SubjectAttribute(
                type=ATTRIBUTES[key],
                value=draw(_COUNTRY.map(Template.parse) if key == "country" else templates(shipped.holder)),
            )
            for key in keys
        ),
        subject_alt_names=tuple(AltName(kind=k, value=draw(templates(shipped.holder))) for k in kinds),
        key=draw(st.sampled_from([KeyKind.RSA_2048, KeyKind.RSA_4096])),
        valid_for=timedelta(days=days),
        renew_within=timedelta(days=draw(st.integers(0, days))),
    )


@st.composite
def plans(draw: st.DrawFn) -> GroupPlan:
    """A group's plan; with or without a known challenge."""
    organization = replace(
        NORTHWIND,
        name=draw(texts()),
        scep=replace(
            NORTHWIND.scep, url=draw(st.sampled_from(["https://scep.x.example", "http://1.2.3.4/a"]))
        ),
    )
    authority: Authority = organization.authority(draw(st.sampled_from(["root", "staff", "students"])))
    group = Group(
        name=draw(_KEY),
        authority=authority,
        profile=draw(profiles()),
        networks=draw(networks()),
        platforms=tuple(Platform),
        challenge=Challenge(type=ChallengeType.ONE_TIME),
    )
    challenge = draw(
        st.none() | st.text(_PRINTABLE, max_size=30).map(lambda text: Secret(f"challenge/{text}"))
    )
    return make_plan(organization, group, certificates(), challenge)
