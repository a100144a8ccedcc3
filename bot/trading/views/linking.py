"""Linking an account, listing the linked ones, and parting from them. No secret is ever a parameter here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bot.ui.locale import Locale, Own
from bot.ui.message import Button, Message, Row, button, keyboard, lines, page_at, paginate


@dataclass(frozen=True, slots=True)
class AccountLine:
    """`state` is active, read-only, pending or refused; another word is shown as it is."""

    label: str
    state: str
    public_key_short: str
    is_default: bool = False


def link_intro(locale: Locale, *, generate_data: str, paste_data: str) -> Message:
    generate = button(locale, "button-link-generate", generate_data)
    paste = button(locale, "button-link-paste", paste_data)
    return Message(locale.text("link-intro"), keyboard((generate,), (paste,)))


def link_generated(
    locale: Locale,
    public_key: str,
    key_page_url: str,
    *,
    done_data: str,
    cancel_data: str | None = None,
    address: str | None = None,
) -> Message:
    """The public key and the exact steps; `address` is the bot's own, for an allow-list."""
    allow_list = (
        locale.text("link-step-allow-list-address", address=address)
        if address
        else locale.text("link-step-allow-list")
    )
    text = lines(
        locale.text("link-generated", key=Own(public_key)),
        "",
        locale.text("link-step-open"),
        locale.text("link-step-paste"),
        locale.text("link-step-read-only"),
        allow_list,
        locale.text("link-step-withdrawals"),
        locale.text("link-step-done"),
    )
    page = Button(locale.plain("button-link-page"), url=key_page_url)
    done, cancel = button(locale, "button-link-done", done_data), button(locale, "button-cancel", cancel_data)
    return Message(text, keyboard((page,), (done, cancel)))


def link_done(locale: Locale, label: str, read_only: bool, question: Message | None = None) -> Message:
    """`question` is asked beneath it."""
    done = locale.text("link-done-read-only" if read_only else "link-done", label=label)
    if question is None:
        return Message(done)
    return Message(lines(done, "", question.text), question.keyboard)


def link_not_yet(locale: Locale, reason: str | Markup, *, done_data: str | None = None) -> Message:
    """Why the check failed. `reason` is a name of `link-reason-…` or words ready to show.

    With `done_data` the generated key is kept and can be checked again.
    """
    key = f"link-reason-{reason}"
    known = not isinstance(reason, Markup) and locale.has(key)
    why = locale.text(key) if known else reason
    text = lines(
        locale.text("link-not-yet", reason=why), locale.text("link-not-yet-retry") if done_data else None
    )
    return Message(text, keyboard((button(locale, "button-link-done", done_data),)))


def link_paste_prompt(locale: Locale, *, cancel_data: str | None = None) -> Message:
    return Message(
        locale.text("link-paste-prompt"), keyboard((button(locale, "button-cancel", cancel_data),))
    )


def link_paste_again(locale: Locale, problem: str, *, cancel_data: str) -> Message:
    """What was wrong with the pasted text; the next message may be the right one."""
    text = lines(
        locale.text("link-not-yet", reason=locale.text(f"link-reason-{problem}")),
        locale.text("link-paste-again"),
    )
    return Message(text, keyboard((button(locale, "button-cancel", cancel_data),)))


def secret_deleted(locale: Locale) -> Message:
    return Message(locale.text("secret-deleted"))


def secret_unasked(locale: Locale) -> Message:
    """A secret nobody asked for: deleted, not kept."""
    return Message(locale.text("secret-unasked"))


def secret_not_deleted(locale: Locale) -> Message:
    """Loud: the secret still stands in the chat."""
    return Message(locale.text("secret-not-deleted"))


def secret_in_group(locale: Locale, *, deleted: bool) -> Message:
    """The key must be revoked, whether or not the message could be deleted."""
    after = "secret-in-group-deleted" if deleted else "secret-in-group-not-deleted"
    return Message(lines(locale.text("secret-in-group"), locale.text(after)))


def accounts(
    locale: Locale,
    linked: Sequence[AccountLine],
    *,
    page_data: Callable[[int], str] | None = None,
    page: int = 0,
    default_data: Callable[[str], str] | None = None,
    unlink_data: Callable[[str], str] | None = None,
    add_data: str | None = None,
) -> Message:
    """The linked accounts; the callables make the button data for a label."""
    add = keyboard((button(locale, "button-account-add", add_data),))
    if not linked:
        link = keyboard((button(locale, "button-link", add_data),))
        return Message(locale.text("accounts-none"), link)
    rows = [_account_row(locale, line, default_data, unlink_data) for line in linked]
    header = locale.text("accounts-title", count=len(linked))
    everything = len(rows) if page_data is None else 6
    pages = paginate(
        locale, header, rows, page_data or (lambda n: f"page:{n}"), per_page=everything, footer=add
    )
    return page_at(pages, page)


def _account_row(
    locale: Locale,
    line: AccountLine,
    default_data: Callable[[str], str] | None,
    unlink_data: Callable[[str], str] | None,
) -> Row:
    state_key = f"account-state-{line.state}"
    state: str | Markup = locale.text(state_key) if locale.has(state_key) else line.state
    key = "accounts-row-default" if line.is_default else "accounts-row"
    text = locale.text(key, label=line.label, state=state, key=line.public_key_short)
    use = default_data(line.label) if default_data and not line.is_default else None
    unlink = unlink_data(line.label) if unlink_data else None
    buttons = (
        button(locale, "button-account-default", use, label=line.label),
        button(locale, "button-account-unlink", unlink, label=line.label),
    )
    return Row(text, tuple(item for item in buttons if item is not None))


def account_default_set(locale: Locale, label: str) -> Message:
    return Message(locale.text("account-default-set", label=label))


def unlink_which(locale: Locale, labels: Sequence[tuple[str, str]]) -> Message:
    """`labels` are pairs of label and button data."""
    rows = ((button(locale, "button-account-unlink", data, label=label),) for label, data in labels)
    return Message(locale.text("unlink-which"), keyboard(*rows))


def unlink_confirm(locale: Locale, label: str, *, confirm_data: str, cancel_data: str) -> Message:
    confirm = button(locale, "button-unlink-confirm", confirm_data, label=label)
    return Message(
        locale.text("unlink-question", label=label),
        keyboard((confirm, button(locale, "button-keep", cancel_data))),
    )


def unlink_in_doubt(
    locale: Locale, label: str, count: int, *, retry_data: str, anyway_data: str, cancel_data: str
) -> Message:
    """Orders sent with this key have no answer yet, and only this key can ask for it."""
    return Message(
        locale.text("unlink-in-doubt", label=label, count=count),
        keyboard(
            (button(locale, "button-unlink-retry", retry_data),),
            (
                button(locale, "button-unlink-anyway", anyway_data),
                button(locale, "button-keep", cancel_data),
            ),
        ),
    )


def unlink_done(
    locale: Locale, label: str, public_key_short: str, orders_left: int = 0, alerts_ended: int = 0
) -> Message:
    """`orders_left` rest at the exchange, where nobody here watches them any more."""
    return Message(
        lines(
            locale.text("unlink-done", label=label, key=public_key_short),
            locale.text("unlink-orders-left", count=orders_left) if orders_left else None,
            locale.text("unlink-alerts-ended", count=alerts_ended) if alerts_ended else None,
        )
    )


def unlink_kept(locale: Locale) -> Message:
    return Message(locale.text("unlink-kept"))


def forget_confirm(locale: Locale, *, confirm_data: str, cancel_data: str) -> Message:
    confirm = button(locale, "button-forget-confirm", confirm_data)
    return Message(
        locale.text("forget-question"), keyboard((confirm, button(locale, "button-keep", cancel_data)))
    )


def forget_done(locale: Locale) -> Message:
    return Message(locale.text("forget-done"))


def forget_kept(locale: Locale) -> Message:
    return Message(locale.text("forget-kept"))
