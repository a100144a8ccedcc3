"""What the documents name is there, and what the code cites is in this repository."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CURRENT = [page for page in DOCUMENTS if page.name != "CHANGELOG.md"]  # the changelog tells of what was

_FOLDERS = "bot|tests|docs|alembic|\\.ci|\\.github"
_KINDS = "py|md|toml|lark|ftl|json|lock|ini|yml|yaml|html|css|js|example"
_PATH = re.compile(rf"(?<![\w/.:-])(?:{_FOLDERS})/[\w./*-]*[\w/*]")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
_FILE_NAME = re.compile(rf"`([\w.-]+\.(?:{_KINDS}))`")
_MODULE = re.compile(r"(?<![\w./-])((?:bot|tests)(?:\.\w+)+)(?![\w(]|\.\w)")
_DOTTED = re.compile(rf"`(?!\w+\.(?:{_KINDS})`)([a-z]\w*(?:\.\w+)+)`")
_CITED = re.compile(r"(?<![\w/*.-])(?:[\w.-]+/)*[\w-]+\.md\b")
_HEADING_CITED = re.compile(r"((?:[\w.-]+/)*[\w-]+\.md), \*([^*]+)\*")
_NOT_HERE = re.compile(r"\bissues? #?\d+\b|\bthe (?:brief|glossary)\b", re.IGNORECASE)
_MADE_BY_THE_READER = {"ping.py", "test_ping.py"}  # as docs/how-to/add-a-command.md tells
_SOURCES = (
    "*.py",
    "*.lark",
    "*.ftl",
    "*.html",
    "*.css",
    "*.ini",
    "*.mako",
    "*.toml",
    "Makefile",
    "run",
    ".env.example",
    "*.yml",
)


@cache
def _files() -> tuple[Path, ...]:
    """Every file of the repository, relative to its root; what is installed or made by tools left out."""
    skipped = {".venv", "node_modules", "__pycache__", ".git", "var", "dist"}
    skipped |= {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}
    found: list[Path] = []
    folders = [ROOT]
    while folders:
        for entry in folders.pop().iterdir():
            if entry.is_dir() and entry.name not in skipped:
                folders.append(entry)
            elif entry.is_file():
                found.append(entry.relative_to(ROOT))
    return tuple(found)


def _exists(path: str) -> bool:
    return any(ROOT.glob(path.rstrip("/"))) if "*" in path else (ROOT / path).exists()


def _is_module(dotted: str) -> bool:
    """Whether `dotted` is a package, a module, or a name in one."""
    path = ROOT.joinpath(*dotted.split("."))
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    *module, name = dotted.split(".")
    place = ROOT.joinpath(*module)
    source = place.with_suffix(".py") if not place.is_dir() else place / "__init__.py"
    return source.is_file() and re.search(rf"\b{name}\b", source.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize("page", CURRENT, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_a_document_names_is_in_the_repository(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    gone = {path for path in _PATH.findall(text) if not _exists(path)}
    gone |= {link for link in _LINK.findall(text) if not (page.parent / link).exists()}
    names = {path.name for path in _files()}
    gone |= {name for name in _FILE_NAME.findall(text) if name not in names | _MADE_BY_THE_READER}
    gone |= {module for module in _MODULE.findall(text) if not _is_module(module)}
    assert not gone


def _code() -> list[Path]:
    here = Path(__file__).relative_to(ROOT)
    return [path for path in _files() if path != here and any(path.match(kind) for kind in _SOURCES)]


def test_every_document_cited_in_the_code_is_in_the_repository() -> None:
    here = {str(path) for path in _files()}  # not asked of the disk, which may not tell A.md from a.md
    absent = [
        f"{path}: {cited}"
        for path in _code()
        for cited in _CITED.findall((ROOT / path).read_text(encoding="utf-8"))
        if not here & {cited, f"docs/{cited}"}
    ]
    assert not absent


def test_every_module_a_comment_names_is_in_the_repository() -> None:
    """Dotted names in backticks, with or without `bot.` in front, and paths."""
    packages = {path.parent.name for path in (ROOT / "bot").glob("*/__init__.py")}
    packages = (packages | {"bot"}) - {"web"}  # `web.…` is aiohttp's
    gone = []
    for path in _code():
        text = (ROOT / path).read_text(encoding="utf-8")
        named = [name for name in _DOTTED.findall(text) if name.partition(".")[0] in packages]
        full = [name if name.startswith("bot.") else f"bot.{name}" for name in named]
        full += _MODULE.findall(text) if path.suffix != ".py" else []
        gone += [f"{path}: {name}" for name in full if not _is_module(name)]
        gone += [f"{path}: {name}" for name in _PATH.findall(text) if not _exists(name)]
    assert not gone


def test_no_comment_cites_what_a_reader_cannot_open() -> None:
    cited = [
        f"{path}:{number}: {line.strip()}"
        for path in _code()
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if _NOT_HERE.search(line)
    ]
    assert not cited


def test_every_heading_cited_stands_in_the_document() -> None:
    absent = []
    for path in (*_code(), *(page.relative_to(ROOT) for page in CURRENT)):
        for document, heading in _HEADING_CITED.findall((ROOT / path).read_text(encoding="utf-8")):
            place = ROOT / document
            if place.is_file() and not re.search(
                rf"^#+ {re.escape(heading)}$", place.read_text("utf-8"), re.M
            ):
                absent.append(f"{path}: {document}, {heading}")
    assert not absent
