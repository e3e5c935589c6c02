"""Every key that a study may have is told of in its page, and stands in a study somewhere."""

import re
from pathlib import Path

import pytest

from cartflow.study.schema import StudyTable

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "study_file.md").read_text(encoding="utf-8")


def keys():
    schema = StudyTable.model_json_schema()
    tables = (schema, *schema["$defs"].values())
    return sorted({key for table in tables for key in table.get("properties", {})})


def snippets():
    """Return the blocks of all pages that a reader may run or take over, and the examples."""
    pages = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))]
    fence = re.compile(r"```(?:toml|python|bash)\n(.*?)```", re.DOTALL)
    blocks = [block for page in pages for block in fence.findall(page)]
    studies = [path.read_text(encoding="utf-8") for path in (ROOT / "examples").rglob("*.toml")]
    return "\n".join([*blocks, *studies])


SNIPPETS = snippets()


@pytest.mark.parametrize("key", keys())
def test_key(key):
    name = re.escape(key)
    assert re.search(rf"(?<!\w){name}(?!\w)", PAGE), f"docs/study_file.md does not name {key}"
    given = rf'(?m)(?:^|[\s{{,."]){name}"?\s*=|^\s*\[+[\w.\s]*\b{name}\b|\.{name}\.'
    assert re.search(given, SNIPPETS), f"no page has {key} in a study"
