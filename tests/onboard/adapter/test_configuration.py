"""What adapters of one and of several state folders have in common, and which groups they serve."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.northwind import NORTHWIND, STAFF
from support.sites import provisioned

from onboard.adapter import configure
from onboard.errors import OnboardError
from onboard.model import Platform
from onboard.variables import Holder
from scep_server.errors import RequestRejectedError


def test_one_state_folder_is_one_instance(tmp_path) -> None:
    """Adapters of one folder are one to Google, those of another folder another; no name is the pepper."""
    here, there = provisioned(tmp_path / "here"), provisioned(tmp_path / "there")
    (there.state.path / "pepper").write_bytes(bytes(range(32)))
    one, same, other = configure(here), configure(here), configure(there)
    assert one.instance == same.instance != other.instance
    assert one.key == same.key != other.key
    assert here.state.pepper().hex() not in (one.instance, one.key.hex())
    assert one.instance not in one.key.hex()


def test_groups_without_chromebooks_have_no_desk(tmp_path) -> None:
    """A group that has no Chromebooks is not served, and its keys need not be at hand."""
    site = provisioned(tmp_path / "org")
    apple = replace(STAFF, platforms=(Platform.APPLE,))
    settings = configure(
        replace(site, organization=replace(NORTHWIND, groups=(apple, *NORTHWIND.groups[1:])))
    )
    assert list(settings.desks) == ["students"]
    with pytest.raises(RequestRejectedError, match="no group with Chromebooks"):
        settings.desk("staff")
    with pytest.raises(OnboardError, match="no group of this organization has Chromebooks"):
        configure(replace(site, organization=replace(NORTHWIND, groups=(apple,))))


def test_a_profile_of_several_groups_names_none(tmp_path) -> None:
    """A SCEP profile that refers to an enrollment profile is served only where that tells the group."""
    site = provisioned(tmp_path / "org")
    twin = replace(STAFF, name="twin")
    settings = configure(replace(site, organization=replace(NORTHWIND, groups=(*NORTHWIND.groups, twin))))
    assert settings.desk("device-eap-tls").group == "students"
    with pytest.raises(RequestRejectedError, match="several groups"):
        settings.desk("user-eap-tls")


def test_a_group_with_both_certificates_has_a_desk_for_each_holder(tmp_path) -> None:
    """A profile for people and one for devices refer to the same group, and each gets its own policy."""
    site = provisioned(tmp_path / "org")
    both = replace(STAFF, second_profile=NORTHWIND.group("students").profile)
    settings = configure(replace(site, organization=replace(NORTHWIND, groups=(both,))))
    desk = settings.desk("staff")
    assert [desk.of(holder).policy.name for holder in Holder] == ["user-eap-tls", "device-eap-tls"]
    assert desk.of(None) is desk
    assert settings.desk("device-eap-tls") is desk.second
