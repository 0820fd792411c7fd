"""An example or two for every command: shown at the end of its help page, and run by the tests."""

from __future__ import annotations

from collections.abc import Mapping

# Commands as typed in a folder that holds org.yaml. Lines run in the order of this table.
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "init": ("onboard init campus",),
    "check": ("onboard check", "onboard check --format json"),
    "schema": ("onboard schema > org.schema.json",),
    "ca request": ("onboard ca request staff > staff.csr",),
    "ca init": ("onboard ca init",),
    "ca import": ("onboard ca import staff pki/staff.pem",),
    "ca seal": ("onboard ca seal root --to root.key --passphrase env:ROOT_PASSPHRASE",),
    "ca crl": ("onboard ca crl root --sealed root.key --passphrase env:ROOT_PASSPHRASE",),
    "generate": (
        "onboard generate --out payloads",
        "onboard generate --out payloads --group staff --platform apple",
        "onboard generate --out ada --group staff --for ada@northwind.example",
        "onboard generate --out fleet --group staff --platform apple --mdm fleet",
        "onboard generate --out google --mdm google-chrome",
        "onboard generate --out declared --platform apple --declarative https://mdm.northwind.example/files",
    ),
    "lint": (
        "onboard lint payloads/staff/apple/staff.mobileconfig",
        "onboard lint payloads",
        "onboard lint --onc-level user payloads/staff/chromeos/staff.onc",
    ),
    "onc encrypt": (
        "onboard onc encrypt google/staff/chromeos/staff.onc --passphrase env:ROOT_PASSPHRASE > carried.onc",
    ),
    "onc decrypt": ("onboard onc decrypt carried.onc --passphrase env:ROOT_PASSPHRASE",),
    "explain": ("onboard explain payloads/staff/apple/staff.mobileconfig",),
    "diff": (
        "onboard diff payloads/staff/apple/staff.mobileconfig ada/staff/apple/staff.mobileconfig",
        "onboard diff payloads org.yaml",
    ),
    "whitelist": ("onboard whitelist", "onboard whitelist --mode zero-touch --required --format json"),
    "challenge new": (
        "onboard challenge new students",
        "onboard challenge new staff --for ada@northwind.example --valid-for 2h",
    ),
    "challenge list": ("onboard challenge list",),
    "challenge rotate": (
        "onboard challenge rotate staff",
        "onboard challenge rotate staff --revoke-since 2026-09-01 --dry-run",
    ),
    "challenge revoke": ("onboard challenge revoke ID",),
    "cert pending": ("onboard cert pending --format json",),
    "cert list": ("onboard cert list --format json",),
    "cert show": ("onboard cert show SERIAL",),
    "cert revoke": ("onboard cert revoke SERIAL --reason key-compromise",),
    "ca rotate": (
        "onboard ca rotate staff --dry-run --sealed root.key --passphrase env:ROOT_PASSPHRASE",
        "onboard ca rotate staff --sealed root.key --passphrase env:ROOT_PASSPHRASE",
    ),
    "audit checkpoint": ("onboard audit checkpoint > checkpoint.json",),
    "audit verify": ("onboard audit verify", "onboard audit verify --checkpoint checkpoint.json"),
    "audit export": ("onboard audit export --since 7d", "onboard audit export --format cef"),
    "audit schema": ("onboard audit schema",),
    "status": ("onboard status", "onboard status --format json"),
    "serve": ("onboard serve --host 0.0.0.0 --port 8080",),
    "up": ("onboard up --out payloads --port 8080",),
    "radius": ("onboard radius --out radius",),
    "rehearse": (
        "onboard rehearse",
        "onboard rehearse --group staff --platform apple --format json",
        "onboard rehearse --at +11mo --negative --html rehearsal.html",
    ),
    "doctor": (
        "onboard doctor http://127.0.0.1:8080/scep/staff",
        "onboard doctor http://127.0.0.1:8080/scep/staff --group staff --format json",
        "onboard doctor 0x87D1FDE8",
    ),
    "demo": ("onboard demo",),
}


# Not run beside the others: they need a request that waits, a RADIUS server, or a tenant at Google.
ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "cert approve": ("onboard cert approve 7h3k2m5q4r6s2t7u",),
    "cert reject": ('onboard cert reject 7h3k2m5q4r6s2t7u --reason "not on the list"',),
    "radius check": (
        "onboard radius check campus --server radius1.northwind.example --secret env:RADIUS_CHECK",
    ),
    "chrome-adapter": ("onboard chrome-adapter --subscription projects/northwind/subscriptions/onboard",),
}


def epilog(command: str) -> str:
    """The examples of a command as the end of its help page."""
    lines = "\n".join(f"  {line}" for line in {**EXAMPLES, **ELSEWHERE}.get(command, ()))
    return f"\b\nExamples:\n{lines}" if lines else ""  # \b: the help formatter keeps these lines as they are
