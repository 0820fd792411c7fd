"""What Windows says when something is wrong, what it means and what helps: for instructions and doctor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A sign on a device or in a console, its cause and its cure.

    Attributes:
        name: what people search for, short: the number or word that is shown.
        sign: what is seen, and where.
        cause: what it means.
        cure: what to do.
        codes: numbers by which it is shown elsewhere, as unsigned 32 bits; a console may show them signed.
    """

    name: str
    sign: str
    cause: str
    cure: str
    codes: tuple[int, ...] = ()


TROUBLES: tuple[Trouble, ...] = (
    Trouble(
        name="1206",
        sign="error 1206 (ERROR_BAD_PROFILE) when a profile is added",
        cause="an element is out of order, unknown or in a wrong namespace; Windows does not say which",
        cure="run 'onboard lint' on the file: it names the place and the order",
        codes=(1206, 0x800704B6),
    ),
    Trouble(
        name="0x87D1FDE8",
        sign="0x87D1FDE8, remediation failed, in Intune",
        cause="the setting was applied, but reads back in another form (imported WLAN profiles do)",
        cure="look at the device: with the profile in 'netsh wlan show profiles' the error means nothing",
        codes=(0x87D1FDE8,),
    ),
    Trouble(
        name="SyncML 500",
        sign="SyncML status 500 on a WLAN profile",
        cause="the profile's name has blanks or letters outside ASCII",
        cure="use the name that onboard writes",
    ),
    Trouble(
        name="SCEP 16",
        sign="SCEP Status 16 (failed) in ClientCertificateInstall",
        cause="the server refused the request, or the root that CAThumbprint names is not in the Root store",
        cure="look for the refusal in the server's log; deliver the root before the certificate",
    ),
    Trouble(
        name="SCEP 32",
        sign="SCEP Status 32 (unknown) in ClientCertificateInstall",
        cause="the device has not reached the server: proxy, DNS, TLS, or the clock",
        cure="open the SCEP URL from the device as SYSTEM, which has a proxy of its own (WinHTTP)",
    ),
    Trouble(
        name="TPM",
        sign="the certificate is there, and Wi-Fi fails since the key is in the TPM",
        cause="many TPMs cannot sign with RSA-PSS, which TLS 1.3 and newer RADIUS servers ask for",
        cure="write 'key_protection: software' under windows, the default, or update the TPM's firmware",
    ),
    Trouble(
        name="TLS 1.3",
        sign="Windows 11 fails against NPS where Windows 10 works",
        cause="Windows 11 offers TLS 1.3 for EAP-TLS, and NPS cannot do it",
        cure="set ./Device/Vendor/MSFT/Policy/Config/Eap/AllowTLS1_3 to 0, or move to a server that can",
    ),
    Trouble(
        name="Kdcsvc 39",
        sign="NPS refuses everybody, and domain controllers log Kdcsvc event 39 or 41",
        cause="the certificate has no security identifier, so Active Directory maps it to no account",
        cure="write 'type: nps' for the RADIUS server; 'onboard check' then says what the profile lacks",
    ),
    Trouble(
        name="trust prompt",
        sign="Windows asks whether to trust the network, or refuses it after an upgrade to Windows 11",
        cause="the profile pins no root or names no server, which Windows 11 no longer forgives",
        cure="deploy the profile again that onboard makes; it has both",
    ),
    Trouble(
        name="certificate prompt",
        sign="Windows asks which certificate to use, or takes the wrong one",
        cause="several certificates fit, because the profile does not filter by issuer and purpose",
        cure="use the profile that onboard makes; remove certificates of former groups",
    ),
)
