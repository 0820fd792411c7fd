"""Reads `platforms` of a group: a list, or a mapping where a platform needs options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from onboard.apple_options import AppleOptions, AppleSystem
from onboard.model import Platform
from onboard.options import KeyProtection, WindowsOptions
from onboard.orgfile.sections.apple_options import read_systems
from onboard.orgfile.sections.likeness import Told, moved
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Found, Reader, find, readable, values
from onboard.orgfile.text.lists import distinct
from onboard.orgfile.text.nodes import Mapping as MappingNode
from onboard.orgfile.text.nodes import Scalar

BUILD = r"10\.0\.[0-9]{5}"  # Windows 11 counts on in the 10.0 series
_EXPECTED = "a list of platforms, or a mapping from platforms to options"
_NAME = scalars.choice_of({name: name for name in (*map(str, Platform), *map(str, AppleSystem))})


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPlatforms:
    """The platforms of a group and their options."""

    platforms: tuple[Found[Platform], ...]
    windows: Found[WindowsOptions]
    apple: Found[AppleOptions]


def moved_platforms(found: Found[WrittenPlatforms], told: Told) -> Found[WrittenPlatforms]:
    """The platforms of another group, told here."""
    if not found.is_readable:
        return moved(found, told)
    written = found.value
    here = WrittenPlatforms(
        platforms=tuple(moved(platform, told) for platform in written.platforms),
        windows=moved(written.windows, told),
        apple=moved(written.apple, told),
    )
    return Found(told(found.cursor), (here,))


def read_platform_names(cursor: Cursor) -> tuple[tuple[Platform, ...], tuple[AppleSystem, ...]]:
    """Platforms without options, and which of Apple's systems are among the names; empty where `apple` is."""
    names = distinct(_NAME, "a list of platforms")(cursor)
    platforms = values(_platforms(names))
    written = {name.value for name in names}
    systems = () if Platform.APPLE in written else tuple(s for s in AppleSystem if s in written)
    return platforms, systems


def read_platforms(cursor: Cursor) -> WrittenPlatforms:
    """The platforms in order; of those without options, the defaults. Apple's systems are one platform."""
    if not isinstance(cursor.node, MappingNode):
        names = distinct(_NAME, _EXPECTED)(cursor)
        written = {name: at for at, name in readable(names)}
        return WrittenPlatforms(
            platforms=_platforms(names),
            windows=Found(cursor, (WindowsOptions(),)),
            apple=Found(cursor, (_apple(written, {}),)),
        )
    entries = cursor.entries(_EXPECTED)
    if not entries:
        cursor.fail(f"expected {_EXPECTED}, found an empty mapping")
    names = tuple(find(_key(name, entry), _NAME) for name, entry in entries.items())
    for _, name in readable(names):
        if name not in {Platform.WINDOWS.value, *AppleSystem}:
            find(entries[name], _read_nothing)
    windows = entries.get(Platform.WINDOWS)
    return WrittenPlatforms(
        platforms=_platforms(names),
        windows=Found(cursor, (WindowsOptions(),)) if windows is None else find(windows, _read_windows),
        apple=find(cursor, lambda _: _apple(entries, entries)),
    )


def _apple(written: Mapping[str, Cursor], options: Mapping[str, Cursor]) -> AppleOptions:
    """The systems that are written; `apple` stands for all of them."""
    asked = read_systems(options)
    everything = AppleSystem if Platform.APPLE in written else ()
    if everything and not asked.systems:
        return asked
    systems = {s: asked.systems.get(s, ()) for s in AppleSystem if s in written or s in everything}
    return replace(asked, systems=systems)


def _platforms(names: tuple[Found[str], ...]) -> tuple[Found[Platform], ...]:
    """Each platform once, where it is named first."""
    found: list[Found[Platform]] = []
    seen: set[Platform] = set()
    for name in names:
        platform = find(name.cursor, _platform_of(name))
        if not platform.is_readable or platform.value not in seen:
            found.append(platform)
        if platform.is_readable:
            seen.add(platform.value)
    return tuple(found)


def _platform_of(name: Found[str]) -> Reader[Platform]:
    def read(_cursor: Cursor) -> Platform:
        return Platform.APPLE if name.value in set(AppleSystem) else Platform(name.value)

    return read


def _key(name: str, entry: Cursor) -> Cursor:
    """The key of an entry, to be read as an item of a list would be."""
    return replace(entry, node=Scalar(name, plain=True, position=entry.opened))


def _read_nothing(cursor: Cursor) -> None:
    cursor.fields("the options of a platform, {} for none", ())


def _read_windows(cursor: Cursor) -> WindowsOptions:
    fields = cursor.fields("the options of Windows, {} for none", ("minimum", "key_protection"))
    minimum = fields.optional("minimum", _read_build, None)
    protection = fields.optional("key_protection", scalars.choice(KeyProtection), KeyProtection.SOFTWARE)
    return WindowsOptions(minimum=minimum.value, key_protection=protection.value)


def _read_build(cursor: Cursor) -> int:
    text = cursor.text("a version of Windows such as '10.0.19045'")
    if not re.fullmatch(BUILD, text):
        cursor.fail(
            f"'{text}' is no version of Windows", "write 10.0 and the build: 10.0.19045, or 10.0.22000 for 11"
        )
    return int(text.rpartition(".")[2])
