"""The dialects of `--mdm`, with the source of each fact.

`device.id` is the id under which the MDM itself knows the device. Where a vendor documents nothing, nothing
is written: a wrong token would end up as text in a certificate.
"""

from __future__ import annotations

from collections.abc import Mapping

from onboard.dialects.dialect import Dialect, Marker, Renewal
from onboard.variables import KNOWN_WHEN_MADE, VARIABLES

_NO_SID = "it does not know the security identifiers of Active Directory"
_NO_FQDN = "it knows no domain of the device"
_UNCHANGED = "it sends a profile to every device as it is, and fills in nothing"
_FILLED_IN = tuple(name for name in VARIABLES if name not in KNOWN_WHEN_MADE)
_STATIC_ONLY = "it fetches no challenges; it can only send one that stands in the profile"
_AGAIN_BY_HAND = "Send the profile again before the certificates end; each installation fetches a new one."
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

_TABLE = (
    Dialect(
        name="jamf-pro",
        title="Jamf Pro",
        spellings={
            "apple": {
                "user.email": "$EMAIL",
                "user.name": "$FULLNAME",
                "device.serial": "$SERIALNUMBER",
                "device.name": "$COMPUTERNAME",
                "device.id": "$UDID",
            }
        },
        refusals={
            "user.upn": "its $USERNAME is what the directory gives, not always a sign-in name with a domain",
            "user.sid": _NO_SID,
            "device.fqdn": _NO_FQDN,
        },
        one_time="it fetches them by its SCEPChallenge webhook, for SCEP settings made in Jamf only",
        renewal=Renewal(
            how="Set 'Redistribute Profile' to some days before the end; the marker names the profile.",
            marker=Marker(attribute="common_name", text="$PROFILE_IDENTIFIER", form=r"[A-Za-z0-9._-]{1,64}"),
        ),
        source="Jamf Pro payload variables; scepman/scepman-docs, jamf/computers.md",
    ),
    Dialect(
        name="intune",
        title="Microsoft Intune",
        spellings={
            "apple": {  # custom profile: lower case, case-sensitive
                "user.upn": "{{userprincipalname}}",
                "device.serial": "{{serialnumber}}",
                "device.id": "{{deviceid}}",
            },
            "windows": {  # SCEP certificate profile
                "user.email": "{{EmailAddress}}",
                "user.upn": "{{UserPrincipalName}}",
                "user.sid": "{{OnPremisesSecurityIdentifier}}",
                "device.serial": "{{SerialNumber}}",
                "device.name": "{{DeviceName}}",
                "device.fqdn": "{{FullyQualifiedDomainName}}",
            },
            "android": {  # SCEP certificate profile
                "user.email": "{{EmailAddress}}",
                "user.upn": "{{UserPrincipalName}}",
                "device.serial": "{{SerialNumber}}",
                "device.name": "{{DeviceName}}",
                "device.id": "{{DeviceId}}",
            },
        },
        refusals={
            "user.email": "custom profiles document no e-mail address; the sign-in name is user.upn",
            "user.name": "it knows sign-in names, not people's names",
            "user.sid": "neither custom profiles nor Android's know security identifiers",
            "device.name": "custom profiles document no device name",
            "device.fqdn": _NO_FQDN,
            "device.id": "{{DeviceId}} in a Windows subject breaks Intune's synchronization",
        },
        one_time="custom profiles carry one challenge for everybody",
        renewal=Renewal(how=_AGAIN_BY_HAND),
        source="MicrosoftDocs/memdocs, custom-settings-ios.md and certificates-profile-scep.md",
    ),
    Dialect(
        name="fleet",
        title="Fleet",
        spellings={
            platform: {
                "user.email": "$FLEET_VAR_HOST_END_USER_IDP_USERNAME",
                "user.upn": "$FLEET_VAR_HOST_END_USER_IDP_USERNAME",
                "user.name": "$FLEET_VAR_HOST_END_USER_IDP_FULL_NAME",
                "device.serial": "$FLEET_VAR_HOST_HARDWARE_SERIAL",
                "device.id": "$FLEET_VAR_HOST_UUID",
            }
            for platform in ("apple", "windows")
        },
        refusals={
            "user.sid": _NO_SID,
            "device.name": "it has no variable for the device's name",
            "device.fqdn": _NO_FQDN,
        },
        one_time="it fetches them from its own certificate authorities, through its SCEP proxy only",
        renewal=Renewal(
            how="Certificates must live for 2 days or longer; Fleet sends the profile again in time.",
            marker=Marker(
                attribute="organizational_unit",
                text="$FLEET_VAR_CERTIFICATE_RENEWAL_ID",
                form=rf"fleet-[A-Za-z]?{_UUID}",
            ),
        ),
        source="fleetdm/fleet, articles/fleet-variables.md, connect-end-user-to-wifi-with-certificate.md",
    ),
    Dialect(
        name="kandji",
        title="Kandji (Iru)",
        spellings={
            "apple": {
                "user.email": "$EMAIL",
                "user.name": "$FULL_NAME",
                "device.serial": "$SERIAL_NUMBER",
                "device.name": "$DEVICE_NAME",
                "device.id": "$DEVICE_ID",
            }
        },
        refusals={
            "user.upn": "it knows an e-mail address (user.email), not a sign-in name",
            "user.sid": _NO_SID,
            "device.fqdn": _NO_FQDN,
        },
        one_time=_STATIC_ONLY,
        renewal=Renewal(
            how=_AGAIN_BY_HAND,
            # Added by Kandji to SCEP library items; a second common name beside ours.
            marker=Marker(attribute="common_name", text="", form=_UUID),
        ),
        source="kandji-inc/support, Global Variables; scepman/scepman-docs, kandji-1.md",
    ),
    Dialect(
        name="mosyle",
        title="Mosyle",
        spellings={"apple": {"device.name": "%DeviceName%", "device.id": "%UUID%"}},
        refusals={
            "user.sid": _NO_SID,
            "device.fqdn": _NO_FQDN,
            "device.serial": "the spelling of its serial number variable is not publicly documented",
        },
        one_time=_STATIC_ONLY,
        renewal=Renewal(
            how="Switch on 'Enable Variables for this profile'. " + _AGAIN_BY_HAND,
        ),
        source="scepman/scepman-docs, mosyle.md; smallstep/docs, connect-mosyle-to-smallstep.mdx",
    ),
    Dialect(
        name="simplemdm",
        title="SimpleMDM",
        spellings={"apple": {}},
        refusals={},
        one_time=_STATIC_ONLY,
        renewal=Renewal(how=_AGAIN_BY_HAND),
        source="no public document gives the spelling of its attributes",
    ),
    Dialect(
        name="workspace-one",
        title="Workspace ONE UEM",
        spellings={
            platform: {
                "user.email": "{EmailAddress}",
                "device.serial": "{DeviceSerialNumber}",
                "device.id": "{DeviceUuid}",
            }
            for platform in ("apple", "windows")
        },
        refusals={
            "user.upn": "its {EnrollmentUser} is a user name without a domain",
            "user.name": "it has first and last names apart, in variables that differ by directory",
            "user.sid": _NO_SID,
            "device.name": "it has no documented variable for the device's name",
            "device.fqdn": _NO_FQDN,
        },
        one_time="it fetches them as from an NDES server, for its own certificate templates only",
        renewal=Renewal(
            how="Only certificates of its own request templates renew by themselves. " + _AGAIN_BY_HAND,
        ),
        source="smallstep/docs, connect-workspace-one-to-smallstep.mdx; list of lookup values",
    ),
    Dialect(
        name="zentral",
        title="Zentral",
        spellings={
            "apple": {
                "user.email": "$REALM_USER.EMAIL",
                "user.upn": "$REALM_USER.USERNAME",
                "user.name": "$ENROLLED_USER.LONG_NAME",
                "device.serial": "$ENROLLED_DEVICE.SERIAL_NUMBER",
                "device.id": "$ENROLLED_DEVICE.UDID",
            }
        },
        refusals={
            "user.sid": _NO_SID,
            "device.name": "it has no variable for the device's name",
            "device.fqdn": _NO_FQDN,
        },
        one_time="it fills in challenges of its own SCEP issuers only",
        renewal=Renewal(how=_AGAIN_BY_HAND),
        source="zentralopensource/zentral, docs/apps/mdm.md and zentral/contrib/mdm/payloads.py",
    ),
    *(
        Dialect(
            name=name,
            title=title,
            spellings={"apple": {}},
            refusals=dict.fromkeys(_FILLED_IN, _UNCHANGED),
            one_time=_UNCHANGED,
            renewal=Renewal(how=_AGAIN_BY_HAND),
            source=source,
        )
        for name, title, source in (
            ("nanohub", "NanoHUB", "observed: the bytes put are the bytes sent"),
            ("micromdm", "MicroMDM", "observed: the bytes put are the bytes sent"),
        )
    ),
    Dialect(
        name="google-chrome",
        title="Google Admin (Chrome)",
        spellings={
            "chromeos": {"user.email": "${USER_EMAIL}", "device.serial": "${DEVICE_SERIAL_NUMBER}"},
        },
        refusals={
            "user.upn": "Google knows an e-mail address (user.email), not a sign-in name apart from it",
            "user.name": "its SCEP profiles have no documented variable for a person's name",
            "user.sid": _NO_SID,
            "device.name": "its SCEP profiles have no documented variable for the device's name",
            "device.fqdn": _NO_FQDN,
            "device.id": "its SCEP profiles have no documented variable for the directory id",
        },
        one_time="the connector sends one static challenge; the adapter asks for none",
        renewal=Renewal(
            how="The device asks again by itself when the renewal period of the profile begins.",
        ),
        source="Google Workspace Admin Help, 9366164; scepman/scepman-docs, Google",
    ),
)

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in _TABLE}
