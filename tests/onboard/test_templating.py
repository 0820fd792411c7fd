"""Templates are strict, pages escape, and code takes quoted values only."""

from __future__ import annotations

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from onboard import resources, templating
from onboard.templating import Quoted


@pytest.fixture
def source(monkeypatch, tmp_path):
    """A folder of templates in place of the product's."""
    monkeypatch.setattr(resources, "folder", lambda _name: tmp_path)

    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return name

    return write


def test_an_undefined_name_is_an_error(source):
    """A typing mistake in a template is found when it is rendered."""
    with pytest.raises(UndefinedError, match="nmae"):
        templating.page(source("a.txt.j2", "{{ nmae }}"), name="x")


@pytest.mark.parametrize(
    ("name", "shown"), [("a.html.j2", "&lt;b&gt;"), ("a.svg.j2", "&lt;b&gt;"), ("a.txt.j2", "<b>")]
)
def test_markup_is_escaped_and_text_is_not(source, name, shown):
    """Escaping goes by the file's name."""
    assert templating.page(source(name, "{{ value }}"), value="<b>") == shown


def test_code_refuses_an_unquoted_value(source):
    """A value that no filter has quoted never reaches a script, even an integer."""
    name = source("a.ps1.j2", "$x = {{ value }}")
    with pytest.raises(TypeError, match="quoted"):
        templating.code(name, {}, value="calc")
    with pytest.raises(TypeError, match="quoted"):
        templating.code(name, {}, value=1)


def test_code_writes_what_a_filter_has_quoted(source):
    """The template's own text is kept and quoted values go in."""
    name = source("a.ps1.j2", "$x = {{ value | q }}\n")
    assert templating.code(name, {"q": lambda v: Quoted(f"'{v}'")}, value="a") == "$x = 'a'\n"


@pytest.mark.parametrize("name", ["../pyproject.toml", "/etc/passwd", "absent.txt.j2"])
def test_only_the_templates_folder_is_read(name):
    """A name that leaves the folder, or names nothing, is not found."""
    with pytest.raises(TemplateNotFound):
        templating.page(name)
