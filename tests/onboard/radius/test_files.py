"""The configuration folder: deterministic, quoted, with modes."""

from __future__ import annotations

import re
import stat
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import CAMPUS_RADIUS, NORTHWIND, certificates
from support.scep_responder import Responder
from support.snapshots import file_type

from onboard.errors import OnboardError, StateError
from onboard.radius import Client, ServerCertificate, Settings, build, make_policy, quoting, write_folder
from onboard.radius.policy import Opening

POLICY = make_policy(NORTHWIND, CAMPUS_RADIUS, certificates())
SERVER = ServerCertificate(chain=(Responder().ra,), key=b"-----BEGIN PRIVATE KEY-----\n")


def files(policy=POLICY, settings=None, server=SERVER) -> dict[str, bytes]:
    return {f.path: f.content for f in build(policy, settings or Settings(), server, {})}


def test_the_same_input_gives_the_same_bytes():
    """Two runs differ in nothing."""
    assert files() == files()


def test_site_snapshot(snapshot):
    """The decisions as FreeRADIUS reads them."""
    assert files()["sites-enabled/onboard"].decode() == snapshot(extension_class=file_type("conf"))


def test_eap_snapshot(snapshot):
    """EAP-TLS and nothing else."""
    assert files()["mods-enabled/eap"].decode() == snapshot(extension_class=file_type("conf"))


def test_no_method_with_a_password_is_configured():
    """Only the tls method stands in the eap module, and no other module reads passwords."""
    eap = re.sub(r"#.*", "", files()["mods-enabled/eap"].decode())
    assert set(re.findall(r"^ {4}([\w-]+)(?: \w+)? \{", eap, re.MULTILINE)) == {"tls-config", "tls"}
    modules = re.search(r"modules \{(.*?)\n\}", files()["radiusd.conf"].decode(), re.DOTALL)
    assert modules is not None
    assert re.findall(r"\$INCLUDE (\S+)", modules[1]) == ["mods-enabled/eap"]


def test_peap_has_eap_tls_inside_and_nothing_else():
    """Where the org asks for it the tunnel is there, and the methods inside are as few as outside."""
    content = files(replace(POLICY, tunnels=True))
    eap = re.sub(r"#.*", "", content["mods-enabled/eap"].decode())
    modules = dict(re.findall(r"^(eap(?: \w+)?) \{\n(.*?)^\}", eap, re.MULTILINE | re.DOTALL))
    methods = {
        name: set(re.findall(r"^ {4}([\w-]+)(?: \w+)? \{", body, re.MULTILINE))
        for name, body in modules.items()
    }
    assert methods == {"eap": {"tls-config", "tls", "peap"}, "eap inside": {"tls-config", "tls"}}
    assert eap.count("check_crl = yes") == 2
    assert "virtual_server = onboard-members" in modules["eap inside"]
    assert "server onboard-tunnel {" in content["sites-enabled/onboard"].decode()
    assert "onboard-tunnel" not in files()["sites-enabled/onboard"].decode()


def test_each_group_has_its_vlan_and_networks():
    """What the snapshot shows is what the policy says."""
    site = files()["sites-enabled/onboard"].decode()
    blocks = dict(re.findall(r"# group (\w+)\n(.*?)reject  #", site, re.DOTALL))
    assert set(blocks) == {"staff", "students"}
    assert "'20'" in blocks["staff"]
    assert "'wire'" in blocks["staff"]
    assert "'30'" in blocks["students"]
    assert "'wire'" not in blocks["students"]


def test_group_without_a_vlan_gets_no_tunnel():
    """No VLAN in org.yaml: the access point's own decides."""
    policy = replace(
        POLICY, rules=tuple(replace(rule, openings=(Opening(ssid="x", vlan=None),)) for rule in POLICY.rules)
    )
    assert b"Tunnel" not in files(policy)["sites-enabled/onboard"]


def test_sites_and_reply_attributes_stand_beside_the_default():
    """The client's name decides first, every other site gets the network's VLAN; attributes go to all."""
    opening = Opening(ssid="x", vlan=20, by_site=(("berlin", 1020), ("bonn", 1021)))
    rule = replace(POLICY.rules[0], openings=(opening,), reply=(("Filter-Id", "it's"),))
    site = files(replace(POLICY, rules=(rule,)))["sites-enabled/onboard"].decode()
    blocks = site[site.index("# group staff") :]
    decided = re.findall(
        r"(if|elsif|else) (?:\(\S+ == (\S+)\) )?\{\n\s+update reply \{.*?Group-Id := (\S+)", blocks, re.DOTALL
    )
    assert decided == [("if", "'berlin'", "'1020'"), ("elsif", "'bonn'", "'1021'"), ("else", "", "'20'")]
    assert "&Filter-Id := 'it\\'s'" in site


def test_ocsp_is_asked_where_it_is_wanted():
    """Off by default; on, it asks the responder that the certificate names, and fails closed."""
    assert b"ocsp {" in files()["mods-enabled/eap"]
    eap = files(settings=Settings(ocsp=True))["mods-enabled/eap"].decode()
    block = re.search(r"ocsp \{(.*?)\}", eap, re.DOTALL)
    assert block is not None
    for line in ("enable = yes", "override_cert_url = no", "softfail = no"):
        assert line in block[1]


def test_key_is_private_and_nowhere_else():
    """The key stands in one file, 0600; secrets of clients stand in none."""
    made = build(POLICY, Settings(), SERVER, {})
    assert [(f.path, f.mode) for f in made if b"PRIVATE KEY" in f.content] == [("certs/server.key", 0o600)]
    assert "PRIVATE" not in repr(made)
    clients = files()["clients.conf"].decode()
    values = re.findall(r"^\s+secret = (.*)$", clients, re.MULTILINE)
    assert values
    assert all(re.fullmatch(r'"\$ENV\{\w+\}"', value) for value in values)


def test_clients_are_written_one_by_one():
    """Every address of a client becomes a stanza."""
    client = Client(name="halls", addresses=("10.1.0.0/16", "2001:db8::/32"), secret_variable="HALLS")
    text = files(settings=Settings(clients=(client,)))["clients.conf"].decode()
    assert text.count("$ENV{HALLS}") == 2
    assert "2001:db8::/32" in text


def test_trust_folder_has_the_authorities():
    """Every authority under its hash; nothing that is no CA."""
    trust = {path: content for path, content in files().items() if path.startswith("trust/")}
    assert len(trust) == 3
    for certificate in certificates().values():
        assert any(certificate.parsed.public_bytes(Encoding.PEM) in content for content in trust.values())


SSIDS = ["Caf\u00e9 'n' $x %{User-Name}", "a\\b", '"', "x') || (1 == 1", "/", "${confdir}", "`id`"]


@pytest.mark.parametrize("ssid", SSIDS)
def test_ssid_stays_a_value(ssid):
    """No SSID becomes syntax: it stands in single quotes, in which nothing is expanded."""
    policy = replace(POLICY, rules=(replace(POLICY.rules[0], openings=(Opening(ssid=ssid, vlan=1),)),))
    site = files(policy)["sites-enabled/onboard"].decode()
    comparison = re.search(r"&Tmp-String-1 (==|=~) ('(?:[^'\\]|\\.)*'|/(?:[^/\\]|\\.)*/)\)\) \{\n", site)
    assert comparison is not None
    assert "${" not in site
    value = comparison[2][1:-1]
    if comparison[1] == "==":
        assert re.sub(r"\\(.)", r"\1", value) == ssid
    else:
        assert re.search(value.replace("\\/", "/").replace("%%", "%"), ssid)


@given(st.text(max_size=30))
def test_words_are_words(value):
    """A bare word is one word, or refused."""
    try:
        assert re.fullmatch(r"[A-Za-z0-9_.:/@*-]+", quoting.word(value))
    except OnboardError as error:
        assert error.hint  # noqa: PT017  refusing is the other half of the rule


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=30))
def test_literal_matches_itself_only(value):
    """A fixed part of a pattern is fixed."""
    pattern = quoting.literal(value).replace("%%", "%")  # the server's own escape, undone
    assert re.fullmatch(pattern, value)
    assert not re.fullmatch(pattern, value + "x")
    assert "${" not in pattern


def test_folder_is_written_with_its_modes(tmp_path):
    """The key is never readable by others, the script is executable, a second run replaces."""
    for _ in range(2):
        write_folder(tmp_path / "radius", build(POLICY, Settings(), SERVER, {}))
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "radius").rglob("*") if p.is_file()}
    assert modes["server.key"] == 0o600
    assert modes["refresh-crls"] == 0o755
    assert not [name for name in modes if name.endswith(".partial")]


def test_unwritable_folder_is_told(tmp_path):
    """A file where the folder should be is an error with a cure."""
    (tmp_path / "radius").write_text("")
    with pytest.raises(StateError):
        write_folder(tmp_path / "radius", build(POLICY, Settings(), SERVER, {}))
