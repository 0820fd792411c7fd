"""An Android device reads the policy's ONC and the eap-config."""

from __future__ import annotations

import json
import re

import pytest
from support.filled import files
from support.northwind import certificates

from onboard.devices.android import read_amapi, read_eap_config
from onboard.devices.errors import DeviceError

AMAPI = json.loads(files("android")["amapi"][0])
EAP_CONFIG = files("android")["eap-config"][0].decode()


def test_reads_what_the_generator_wrote():
    """Both files name the network, its anchors and its server; neither can enrol."""
    for settings in (read_amapi(files("android")["amapi"][0]), read_eap_config(EAP_CONFIG.encode())):
        assert settings.enrolment is None
        assert settings.networks[0].ssid == b"Northwind"
        assert settings.networks[0].anchors == (certificates()["root"].parsed,)
        assert settings.networks[0].server_names.names == ("radius.northwind.example",)


FAULTS = {
    "UseSystemCAs": False,
    "ClientCertPattern": {},
    "DomainSuffixMatch": [],
    "ServerCARefs": [],
    "ClientCertType": "Pattern",
    "ClientCertKeyPairAlias": "",
}


@pytest.mark.parametrize("key", FAULTS)
def test_each_fault_of_the_policy_is_named(key):
    """ONC_WIFI_INVALID_ENTERPRISE_CONFIG, with the field."""
    tree = json.loads(json.dumps(AMAPI))
    tree["openNetworkConfiguration"]["NetworkConfigurations"][0]["WiFi"]["EAP"][key] = FAULTS[key]
    with pytest.raises(DeviceError, match=key if key != "ClientCertType" else "ClientCert"):
        read_amapi(json.dumps(tree).encode())


EAP_FAULTS = {
    "method": (r"<Type>13<", "<Type>25<", "Type"),
    "no name": (r"<ServerID>.*?</ServerID>", "", "ServerID"),
    "no CA": (r"<CA .*?</CA>", "", "CA"),
    "encoding": (r'encoding="base64"', 'encoding="hex"', "CA"),
    "certificate": (r">MII", ">XXX", "CA"),
    "SSID": (r"<SSID>Northwind<", "<SSID>" + "x" * 33 + "<", "SSID"),
    "root": (r"EAPIdentityProviderList", "Other", "root element"),
}


@pytest.mark.parametrize("fault", EAP_FAULTS.values(), ids=EAP_FAULTS)
def test_each_fault_of_the_file_is_named(fault):
    """What geteduroam would refuse is named by its element."""
    pattern, new, named = fault
    changed = re.sub(pattern, new, EAP_CONFIG, flags=re.DOTALL)
    assert changed != EAP_CONFIG
    with pytest.raises(DeviceError, match=named):
        read_eap_config(changed.encode())
