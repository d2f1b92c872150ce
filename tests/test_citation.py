"""How to cite it, and the forms of issues: as GitHub reads them, and as the project says."""

import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_citation_is_of_this_version() -> None:
    """Fields that CFF 1.2.0 asks for, and those that stand in pyproject.toml as well."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(cited)
    assert cited["title"] == PROJECT["name"]
    assert str(cited["version"]) == PROJECT["version"]
    assert cited["license"] == PROJECT["license"]
    assert cited["abstract"] == PROJECT["description"]


@pytest.mark.parametrize("name", ["bug", "wish"])
def test_a_form_has_a_name_and_says_what_it_is_for(name: str) -> None:
    """In its head, without which GitHub does not offer it."""
    text = (ROOT / f".github/ISSUE_TEMPLATE/{name}.md").read_text(encoding="utf-8")
    _, head, body = text.split("---\n", 2)
    fields = yaml.safe_load(head)
    assert fields["name"]
    assert fields["about"]
    assert body.strip()
