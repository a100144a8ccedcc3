"""The catalogues are complete: same keys, same variables, real words, and words for every code there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from bot.app.features import FEATURES as DECLARED
from bot.chat import menus
from bot.chat.feature import Features
from bot.domain.orders.order import OrderState
from bot.domain.refusal import RefusalCode
from bot.domain.values import Language
from bot.ui.locale import Locale, MissingText
from bot.ui.refusals import PARAMS
from tests.ui.codes import API_ERROR_CODES, EXPIRY_REASONS, NOTE_CODES

FEATURES = Features(DECLARED)

VIEW = Path(str(resources.files("bot.ui")))

# Keys made from a value at run time; each value set is tested on its own.
DYNAMIC = (
    "account-state-",
    "action-",
    "ask-",
    "button-funding-",
    "button-payout-",
    "button-post-",
    "button-rebate-",
    "button-setting-",
    "carry-column-",
    "choice-",
    "command-",
    "duration-",
    "event-",
    "exchange-",
    "expiry-",
    "feature-",
    "funding-column-",
    "help-",
    "kind-post-",
    "ledger-found-",
    "link-reason-",
    "menu-",
    "noise-",
    "note-",
    "option-",
    "order-",
    "origin-",
    "payout-cause-",
    "payout-fault-",
    "post-column-",
    "referral-said-",
    "refusal-",
    "schedule-",
    "setting-",
    "topic-",
    "volume-",
    "weekday-",
    "web-tab-",
    "web-basis-",
    "web-by-",
    "web-check-",
)


class _Variables(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.names.add(node.id.name)


class _Words(Visitor):
    def __init__(self) -> None:
        self.text = ""

    def visit_TextElement(self, node: ast.TextElement) -> None:
        self.text += node.value


def entries(language: Language) -> Iterator[tuple[str, ast.Pattern]]:
    for file in sorted((VIEW / "locales" / language.value).glob("*.ftl")):
        for entry in FluentParser().parse(file.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, ast.Junk), f"{file.name}: {entry.content}"
            if isinstance(entry, ast.Message):
                assert entry.value is not None
                yield entry.id.name, entry.value
                for attribute in entry.attributes:
                    yield f"{entry.id.name}.{attribute.id.name}", attribute.value


def variables(pattern: ast.Pattern) -> set[str]:
    visitor = _Variables()
    visitor.visit(pattern)
    return visitor.names


def words(pattern: ast.Pattern) -> str:
    visitor = _Words()
    visitor.visit(pattern)
    return visitor.text


@pytest.mark.parametrize("language", list(Language))
def test_no_key_is_written_twice(language: Language) -> None:
    keys = [key for key, _ in entries(language)]
    assert len(keys) == len(set(keys)), sorted(key for key in set(keys) if keys.count(key) > 1)


def test_both_languages_have_the_same_keys() -> None:
    english, chinese = ({key for key, _ in entries(language)} for language in Language)
    assert english == chinese


def test_both_languages_name_the_same_variables() -> None:
    english, chinese = (dict(entries(language)) for language in Language)
    wrong = {
        key: (variables(english[key]), variables(chinese[key]))
        for key in english
        if variables(english[key]) != variables(chinese[key])
    }
    assert not wrong


def test_both_languages_use_the_same_tags_and_commands() -> None:
    pattern = re.compile(r"</?[a-z]+>|(?<![\w.])/[a-z]{2,}")
    english, chinese = (dict(entries(language)) for language in Language)
    wrong = {
        key: (found_en, found_zh)
        for key in english
        if (found_en := sorted(pattern.findall(words(english[key]))))
        != (found_zh := sorted(pattern.findall(words(chinese[key]))))
    }
    assert not wrong


def test_chinese_values_with_words_are_in_chinese() -> None:
    patterns = {"time-pattern", "clock-pattern"}  # codes of a format, not words
    forgotten = []
    for key, pattern in entries(Language.CHINESE):
        prose = re.sub(r"<code>.*?</code>|<[^>]+>|/[a-z]+", " ", words(pattern))
        if (
            key not in patterns
            and re.search("[A-Za-z]{2}", prose)
            and not re.search("[\u4e00-\u9fff]", prose)
        ):
            forgotten.append(key)
    assert not forgotten


def test_english_values_hold_no_chinese() -> None:
    allowed = {"button-language"}  # offered in both languages, for whoever landed in the wrong one
    mixed = [
        k for k, p in entries(Language.ENGLISH) if re.search("[\u4e00-\u9fff]", words(p)) and k not in allowed
    ]
    assert not mixed


def sources() -> list[str]:
    """Everything that takes words from the catalogues: the views and the pages."""
    bot = VIEW.parent
    ours = [file for file in bot.rglob("*.py") if "sandbox" not in file.relative_to(bot).parts]
    files = [*ours, *(bot / "web" / "templates").glob("*.html")]
    return [file.read_text(encoding="utf-8") for file in files]


def test_every_key_the_code_asks_for_exists() -> None:
    known = {key for key, _ in entries(Language.ENGLISH)}
    asked = set()
    for source in sources():
        asked |= set(re.findall(r"""\bt\(\s*"([a-z][a-z0-9.-]+)"\s*[,)]""", source))
        asked |= set(re.findall(r"""(?:\.text|\.plain)\(\s*"([a-z][a-z0-9.-]+)\"""", source))
        asked |= set(re.findall(r"""button\(\s*locale,\s*"([a-z][a-z0-9-]+)\"""", source))
    assert asked
    assert asked <= known, asked - known


def test_every_key_is_used_by_the_code() -> None:
    code = "".join(sources())
    orphans = {
        key
        for key, _ in entries(Language.ENGLISH)
        if "." not in key and f'"{key}"' not in code and not key.startswith(DYNAMIC)
    }
    assert not orphans


@pytest.mark.parametrize("code", list(RefusalCode))
def test_every_refusal_has_a_sentence_and_a_mend(locale: Locale, code: RefusalCode) -> None:
    assert locale.has(f"refusal-{code}")
    assert locale.has(f"refusal-{code}", "mend")


def test_every_sentence_of_a_refusal_has_its_mend(locale: Locale) -> None:
    """Also where one code has several sentences."""
    sentences = [key for key, _ in entries(Language.ENGLISH) if key.startswith("refusal-") and "." not in key]
    parts = {"refusal-expected", "refusal-try"}  # what is said in a mend's place, or after it
    assert [key for key in sentences if key not in parts and not locale.has(key, "mend")] == []


def test_a_refusal_names_only_the_numbers_it_is_given() -> None:
    catalogue = dict(entries(Language.ENGLISH))
    for code in RefusalCode:
        parts = [pattern for key, pattern in catalogue.items() if key.partition(".")[0] == f"refusal-{code}"]
        named = set().union(*(variables(pattern) for pattern in parts))
        assert named <= set(PARAMS.get(code, ())), code
        sentence = variables(catalogue[f"refusal-{code}"]) | variables(catalogue[f"refusal-{code}.mend"])
        assert not sentence & {"nearest", "suggestions"}, code


@pytest.mark.parametrize("code", API_ERROR_CODES)
def test_every_published_error_code_has_a_sentence(locale: Locale, code: str) -> None:
    assert locale.text("exchange-" + code.lower().replace("_", "-"))


@pytest.mark.parametrize("reason", EXPIRY_REASONS)
def test_every_expiry_reason_has_a_sentence(locale: Locale, reason: str) -> None:
    key = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", reason).lower()
    assert locale.text(f"expiry-{key}")


@pytest.mark.parametrize("state", list(OrderState))
def test_every_order_state_has_a_headline(locale: Locale, state: OrderState) -> None:
    assert locale.has("order-" + state.value.replace("_", "-"))


@pytest.mark.parametrize("code", NOTE_CODES)
def test_every_note_has_words(locale: Locale, code: str) -> None:
    assert locale.has(f"note-{code}")


@pytest.mark.parametrize("topic", FEATURES.topics)
def test_every_help_topic_has_a_name_and_a_page(locale: Locale, topic: str) -> None:
    assert locale.text(f"topic-{topic}")
    assert locale.text(f"help-{topic}")


def test_commands_fit_what_telegram_takes(locale: Locale) -> None:
    commands = menus.commands(locale, FEATURES.listed)
    assert len(commands) > 30
    assert all(re.fullmatch("[a-z]{1,32}", name) for name, _ in commands)
    assert all(3 <= len(description) <= 60 for _, description in commands)


def test_every_command_is_reached_by_menu_buttons(locale: Locale) -> None:
    reached, queue = set(), ["main"]
    while queue:
        section = queue.pop()
        for row in menus.menu(locale, FEATURES.sections, section).keyboard:
            for button in row:
                target = (button.data or "").removeprefix("menu:")
                if target in FEATURES.sections and target not in reached:
                    queue.append(target)
                reached.add(target)
    assert set(FEATURES.listed) <= reached


def test_a_missing_text_raises_where_tests_run(locale: Locale) -> None:
    with pytest.raises(MissingText):
        locale.text("no-such-key")
    with pytest.raises(MissingText):
        locale.text("unit-bps")


def test_a_missing_text_still_says_something_where_users_are(
    locale: Locale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Locale, "strict", False)
    assert str(locale.text("no-such-key", symbol="<SOL>")) == "no-such-key · &lt;SOL&gt;"
