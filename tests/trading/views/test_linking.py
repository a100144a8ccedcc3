"""Linking gives exact steps, and says loudly when a secret is in danger."""

from __future__ import annotations

import pytest

from bot.trading.views import linking
from bot.ui.locale import Locale
from bot.ui.message import plain_text
from tests.support.html_rules import check

KEY = "kqZ3vGf6R0h9Yd6m4n1cQ2b8x7w5t3u1s0r9p8o7n6I="


def test_the_steps_name_what_the_page_of_the_exchange_names(english: Locale, chinese: Locale) -> None:
    for locale in (english, chinese):
        message = linking.link_generated(
            locale,
            KEY,
            "https://backpack.exchange/settings/api-keys",
            done_data="done",
            address="203.0.113.7",
        )
        assert f"<code>{KEY}</code>" in message.text
        for words in ("API Keys", "New API Key", "Public Key", "Read Only", "203.0.113.7"):
            assert words in message.text
        page, done = message.keyboard[0][0], message.keyboard[1][0]
        assert page.url == "https://backpack.exchange/settings/api-keys"
        assert done.data == "done"
    shown = plain_text(linking.link_generated(english, KEY, "https://example.org", done_data="d").text)
    assert "3. Leave Read Only off." in shown
    assert "If the page offers an IP allow-list, add the bot’s address." in shown
    assert "5. Keep the list of withdrawal addresses that need no second factor empty." in shown


def test_a_failed_deletion_is_loud_and_says_what_to_do(english: Locale, chinese: Locale) -> None:
    loud = linking.secret_not_deleted(english).text
    assert loud.startswith("⛔ <b>I could not delete your message. Delete it now yourself.")
    assert "revoke the key" in loud
    assert linking.secret_not_deleted(chinese).text.startswith("⛔ <b>")
    assert "⛔" not in linking.secret_deleted(english).text


@pytest.mark.parametrize("deleted", [True, False])
def test_a_secret_in_a_group_means_revoking_the_key(english: Locale, deleted: bool) -> None:
    message = linking.secret_in_group(english, deleted=deleted)
    assert "If it is one, revoke its key now" in message.text
    assert ("could not delete" in message.text) is not deleted


def test_a_read_only_key_says_what_it_can_and_cannot_do(english: Locale) -> None:
    message = linking.link_done(english, "main", read_only=True)
    assert "cannot trade" in message.text
    assert "balance" in message.text
    assert "cannot trade" not in linking.link_done(english, "main", read_only=False).text


REASONS = (
    *("unknown-key", "unreachable", "already-linked", "not-base64", "wrong-length"),
    *("halves-differ", "is-public-key", "key-mismatch"),
)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_for_a_failed_link_has_words(locale: Locale, reason: str) -> None:
    shown = check(linking.link_not_yet(locale, reason, done_data="d"))
    assert f"{reason}\n" not in shown
    assert str(locale.text(f"link-reason-{reason}")) in shown


def test_accounts_show_state_and_default_and_offer_the_rest(english: Locale) -> None:
    linked = [
        linking.AccountLine("main", "active", "kqZ3…6I=", is_default=True),
        linking.AccountLine("look", "read-only", "abcd…wxyz"),
        linking.AccountLine("new", "haunted", "efgh…stuv"),
    ]
    message = linking.accounts(
        english,
        linked,
        default_data=lambda label: f"default:{label}",
        unlink_data=lambda label: f"unlink:{label}",
        add_data="add",
    )
    assert plain_text(message.text).splitlines()[::2] == [
        "Linked accounts: 3",
        "main · default · trading · kqZ3…6I=",
        "look · read-only · abcd…wxyz",
        "new · haunted · efgh…stuv",
    ]
    assert [button.data for button in message.keyboard[0]] == ["unlink:main"]
    assert [button.data for button in message.keyboard[1]] == ["default:look", "unlink:look"]


def test_parting_says_what_stays_on_the_exchange(english: Locale) -> None:
    unlink = linking.unlink_confirm(english, "main", confirm_data="yes", cancel_data="no")
    forget = linking.forget_confirm(english, confirm_data="yes", cancel_data="no")
    for message in (unlink, forget):
        assert "positions stay on Backpack" in message.text
        assert [button.data for button in message.keyboard[0]] == ["yes", "no"]
    assert "Also delete the key" in linking.unlink_done(english, "main", "kqZ3…6I=").text
