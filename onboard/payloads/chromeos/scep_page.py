"""The SCEP sheet as a page to print: the same fields as the YAML, without the challenge."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onboard import templating
from onboard.artifact import Artifact
from onboard.model import Platform
from onboard.payloads.chromeos import scep_sheet
from onboard.plan import GroupPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """One page, `GROUP/chromeos/GROUP.scep-profile.html`; it holds no secret, so it may lie on a desk."""
    sheet = scep_sheet.document(plan, spelling)
    name = f"{plan.group}.scep-profile.yaml"
    content = templating.page(
        "chromeos/scep_sheet.html.j2",
        organization=plan.organization_name,
        group=plan.group,
        sheet=name,
        certificates=[{"name": a.common_name, "sha256": a.sha256.hex()} for a in plan.anchors],
        form=_rows(_mapping(sheet["form"]) | {"Challenge": f"is in {name}"}),
        legend=tuple(_mapping(sheet.get("write_in_the_console", {})).items()),
        notices=sheet["notices"],
    )
    return (
        Artifact(
            path=f"{plan.group}/chromeos/{plan.group}.scep-profile.html",
            group=plan.group,
            platform=Platform.CHROMEOS,
            kind="instructions",
            media_type="text/html; charset=utf-8",
            content=content.encode(),
            secret=False,
        ),
    )


def _rows(form: Mapping[str, object]) -> list[tuple[str, list[str]]]:
    """Labels with the lines of their cells."""
    return [
        (label, [_line(item) for item in (value if isinstance(value, list) else [value])])
        for label, value in form.items()
    ]


def _line(item: object) -> str:
    return f"{item['type']}: {item['value']}" if isinstance(item, dict) else str(item)


def _mapping(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}
