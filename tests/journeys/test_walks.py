"""docs/architecture.md lists what an act crosses on its way: each file named there is crossed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.walk import Walk, walks

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")


def listed(heading: str) -> list[str]:
    section = PAGE.split(f"### {heading}\n")[1].split("\n### ")[0]
    said = re.search(r"(\d+) files\.", section)
    files = re.findall(r"^\d+\. `bot/([^`]+)`", section, re.MULTILINE)
    assert said is not None
    assert len(files) == int(said[1])
    return files


def crossed(walk: Walk) -> set[str]:
    return {file for files in walk.values() for file in files}


async def test_every_file_of_a_walk_in_the_documents_is_crossed() -> None:
    to_preview, to_card = await walks()
    assert [file for file in listed("From an update to its preview") if file not in crossed(to_preview)] == []
    assert [file for file in listed("From a tap to its card") if file not in crossed(to_card)] == []
