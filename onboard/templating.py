"""The one Jinja2 environment: strict about undefined names, careful about what a value may be inside text.

Templates are text for people and for other programs' text formats; plists, XML and JSON never come from
here. A value reaches a page escaped, and a script or a configuration only through a filter that quotes it for
that language: an unquoted value is an error when the template is rendered, not a hole in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateNotFound, select_autoescape

from onboard import resources

Filter = Callable[..., str]


class Quoted(str):
    """Text that a filter has made safe for the language of the template it goes into."""

    __slots__ = ()


def page(name: str, /, **values: object) -> str:
    """Render a template for people, e.g. `page("portal/start.html.j2", title=...)`.

    Values are escaped in `*.html.j2`, `*.svg.j2` and `*.xml.j2`; they stay as they are in other text.

    Raises:
        jinja2.UndefinedError: the template uses a name that is not among `values`.
        jinja2.TemplateNotFound: there is no such template.
    """
    return _page_environment().get_template(name).render(values)


def code(name: str, filters: Mapping[str, Filter], /, **values: object) -> str:
    """Render a script or a configuration in which every value must have been quoted.

    Args:
        name: the template below `templates/`.
        filters: quoting filters by name; each returns `Quoted`.
        values: what the template may use.

    Raises:
        TypeError: the template writes a value that no filter has quoted.
        jinja2.UndefinedError: the template uses a name that is not among `values`.
        jinja2.TemplateNotFound: there is no such template.
    """
    return _code_environment(tuple(filters.items())).get_template(name).render(values)


@cache  # compiling a template takes longer than building everything else of a group
def _page_environment() -> Environment:
    return _environment()


@cache
def _code_environment(filters: tuple[tuple[str, Filter], ...]) -> Environment:
    environment = _environment(finalize=_only_quoted)
    environment.filters.update(filters)
    return environment


def _environment(finalize: Callable[..., object] | None = None) -> Environment:
    return Environment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        autoescape=select_autoescape(
            enabled_extensions=("html.j2", "svg.j2", "xml.j2"), default_for_string=True
        ),
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _source(name: str) -> tuple[str, str | None, Callable[[], bool]]:
    # Names come from our own code and templates; a step upwards would leave the folder all the same.
    if name.startswith("/") or ".." in name.split("/"):
        raise TemplateNotFound(name)
    try:
        text = resources.text("templates", name)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise TemplateNotFound(name) from error
    return text, None, lambda: resources.text("templates", name) == text


def _only_quoted(value: object) -> object:
    if not isinstance(value, Quoted):
        msg = f"a template writes a {type(value).__name__} that no filter has quoted"
        raise TypeError(msg)
    return value
