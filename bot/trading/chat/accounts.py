"""The first minute: start, link a key, list accounts, part from them. A pasted secret passes once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.chat import admins, confirmations
from bot.chat import menus as start_view
from bot.chat.prompts import Prompt
from bot.chat.request import Request
from bot.chat.services import Services
from bot.domain.intent import TradeIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language
from bot.kernel.secret_detection import DOT, spellings
from bot.language import Parsed, parse
from bot.notifications import chats
from bot.people.tables import Account, KeyState
from bot.trading.linking import InDoubt, Linked, Linking, NotYet
from bot.trading.terms import LinkingPage
from bot.trading.views import linking as link_view
from bot.ui import Locale, Message
from bot.ui import refusals as refusal_view
from bot.ui.callback_data import ButtonData, number
from bot.vault import AlreadyLinked, SecretRefused

MAX_LABEL: Final = 20
_LANGUAGES: Final = {
    **{language.value: language for language in Language},
    **dict.fromkeys(("english", "英语", "英文"), Language.ENGLISH),
    **dict.fromkeys(("chinese", "中文", "简体中文", "汉语"), Language.CHINESE),
}


class LinkStep(StrEnum):
    """What a button of linking does."""

    GENERATE = "generate"
    PASTE = "paste"
    DONE = "done"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class LinkButton(ButtonData):
    """A step of linking; `rest` is the label of the account to be, or the number of the one that is made."""

    prefix = "link"

    step: LinkStep
    rest: str = ""


class AccountStep(StrEnum):
    """What a button under an account does."""

    USE = "use"
    UNLINK = "unlink"


@dataclass(frozen=True, slots=True)
class AccountButton(ButtonData):
    """Make an account the default one, or ask whether to part from it."""

    prefix = "acct"

    step: AccountStep
    account: int


def only_asks(button: AccountButton) -> bool:
    """Whether a tap is asked about before anything happens."""
    return button.step is AccountStep.UNLINK


def only_ends(button: LinkButton) -> bool:
    """Whether a tap leaves things as they are."""
    return button.step is LinkStep.CANCEL


_CANCEL: Final = LinkButton(LinkStep.CANCEL).pack()


async def start(request: Request, _: str = "") -> None:
    """What this is, the risk, and the next step."""
    known, default = await request.service(Linking).list(request.user.id)
    linked = default is not None and bool(known)
    await request.show(
        start_view.start(
            request.locale,
            request.service(LinkingPage).demo,
            linked,
            try_data=f"go:{start_view.EXAMPLE}",
            language_data="lang:ask",
        )
    )


async def link(request: Request, argument: str = "") -> None:
    """Offer the two ways."""
    label = _label(argument)
    if isinstance(label, Refusal):
        await request.show(refusal_view.refusal(request.locale, label))
        return
    generate, paste = LinkButton(LinkStep.GENERATE, label), LinkButton(LinkStep.PASTE, label)
    await request.show(
        link_view.link_intro(request.locale, generate_data=generate.pack(), paste_data=paste.pack())
    )


def _label(text: str) -> str | Refusal:
    """A name that can be typed after `on`; empty when nothing of `text` can, and one is made up.

    What is hidden of a long word counts: a name is refused, never cut to another one.
    """
    kept = "".join(
        char for char in text.strip().lower() if (char.isascii() and char.isalnum()) or char in f"-_{DOT}"
    )
    if len(kept) > MAX_LABEL:
        return Refusal(RefusalCode.LABEL_TOO_LONG, {"length": len(kept), "limit": MAX_LABEL})
    named = parse(f"long sol $1 on {kept.replace(DOT, '')}")
    intent = named.intents[0] if isinstance(named, Parsed) and len(named.intents) == 1 else None
    return intent.account or "" if isinstance(intent, TradeIntent) else ""


async def link_step(request: Request, button: LinkButton) -> None:
    """The buttons of linking."""
    if button.step is LinkStep.GENERATE:
        await _generate(request, button.rest or None)
    elif button.step is LinkStep.PASTE:
        request.services.prompts.expect(request.user.id, Prompt("secret", button.rest))
        await request.show(link_view.link_paste_prompt(request.locale, cancel_data=_CANCEL))
    elif button.step is LinkStep.DONE and (account_id := number(button.rest)) is not None:
        await _verify(request, account_id)
    else:
        request.services.prompts.take(request.user.id)
        await start(request)


async def _generate(request: Request, label: str | None) -> None:
    made = await request.service(Linking).generate(request.user.id, label)
    if isinstance(made, Refusal):
        await request.show(refusal_view.refusal(request.locale, made))
        return
    await request.show(
        link_view.link_generated(
            request.locale,
            made.public_key,
            request.service(LinkingPage).url,
            done_data=LinkButton(LinkStep.DONE, str(made.account_id)).pack(),
            cancel_data=_CANCEL,
            address=request.service(LinkingPage).public_address,
        )
    )


async def _verify(request: Request, account_id: int) -> None:
    request.answer_soon()
    outcome = await request.service(Linking).verify(request.user.id, account_id)
    if isinstance(outcome, Linked):
        question = await request.services.features.newcomer_question(request)
        label, read_only = outcome.account.label, outcome.read_only
        await request.show(link_view.link_done(request.locale, label, read_only, question))
    elif isinstance(outcome, NotYet):
        # A message of its own: the steps and the key stay where the user can still read them.
        done = LinkButton(LinkStep.DONE, str(account_id))
        message = link_view.link_not_yet(request.locale, outcome.value, done_data=done.pack())
        await request.say_privately(message)
    else:
        await request.say_privately(refusal_view.refusal(request.locale, outcome))


async def secret(request: Request, text: str, prompt: Prompt | None) -> None:
    """The secret that was asked for, or what was sent in its place: away with it first, then use it."""
    services = request.services
    asked_for = prompt is not None and prompt.kind == "secret" and services.access.admits(request.user)
    if prompt is None or not asked_for or not request.sender.private:
        said = await stray_secret(services, request.here, request.sender.chat_id, request.message_id)
        await request.say(said)
        return
    deleted = await services.outbox.delete(request.sender.chat_id, request.message_id)
    if not deleted:
        await request.say(link_view.secret_not_deleted(request.locale))
    await _paste(request, text, prompt, is_deleted=deleted)


async def _paste(request: Request, text: str, prompt: Prompt, *, is_deleted: bool) -> None:
    """Link by a secret whose message is deleted, or could not be."""
    try:
        found = spellings(text) or [text]
        made = await request.service(Linking).paste(request.user.id, found, prompt.prefix or None)
    except SecretRefused as error:
        await _ask_again(request, prompt, error.problem.value)
        return
    except AlreadyLinked:
        await request.say(link_view.link_not_yet(request.locale, "already-linked"))
        return
    if is_deleted:
        await request.say(link_view.secret_deleted(request.locale))
    await _verify(request, made.account_id)


async def _ask_again(request: Request, prompt: Prompt, problem: str) -> None:
    request.services.prompts.expect(request.user.id, prompt)
    await request.say(link_view.link_paste_again(request.locale, problem, cancel_data=_CANCEL))


async def stray_secret(services: Services, locale: Locale, chat_id: int, message_id: int) -> Message:
    """Delete a message with a secret nobody asked for, and the words about it. In a group it is burnt."""
    deleted = await services.outbox.delete(chat_id, message_id)
    if chat_id < 0:
        return link_view.secret_in_group(locale, deleted=deleted)
    return link_view.secret_unasked(locale) if deleted else link_view.secret_not_deleted(locale)


async def accounts(request: Request, page: str = "0") -> None:
    """The linked accounts."""
    known, default = await request.service(Linking).list(request.user.id)
    ids = {account.label: account.id for account in known}
    lines = [_line(account, default) for account in known]
    await request.show(
        link_view.accounts(
            request.locale,
            lines,
            page_data=lambda n: f"acc:{n}",
            page=number(page) or 0,
            default_data=lambda label: AccountButton(AccountStep.USE, ids[label]).pack(),
            unlink_data=lambda label: AccountButton(AccountStep.UNLINK, ids[label]).pack(),
            add_data="menu:link",
        )
    )


def _line(account: Account, default: Account | None) -> link_view.AccountLine:
    return link_view.AccountLine(
        account.label,
        "read-only" if account.state is KeyState.READ_ONLY else account.state.value,
        f"{account.public_key[:6]}…",
        default is not None and account.id == default.id,
    )


async def account_step(request: Request, button: AccountButton) -> None:
    """The buttons under an account."""
    account = await request.service(Linking).get(request.user.id, button.account)
    if account is None:
        await accounts(request)
    elif button.step is AccountStep.USE:
        await request.service(Linking).set_default(request.user.id, account.id)
        await request.show(link_view.account_default_set(request.locale, account.label))
    else:
        yes = await confirmations.ask(request, "unlink", {"account": account.id})
        message = link_view.unlink_confirm(
            request.locale, account.label, confirm_data=yes, cancel_data="keep:unlink"
        )
        await request.show(message)


async def unlink(request: Request, label: str = "") -> None:
    """Part from one account."""
    known, _ = await request.service(Linking).list(request.user.id)
    named = [a for a in known if not label or a.label.casefold() == label.strip().casefold()]
    if len(named) == 1:
        await account_step(request, AccountButton(AccountStep.UNLINK, named[0].id))
    elif not known:
        await accounts(request)
    else:
        labels = [(account.label, AccountButton(AccountStep.UNLINK, account.id).pack()) for account in known]
        await request.show(link_view.unlink_which(request.locale, labels))


async def forget(request: Request, _: str = "") -> None:
    """Ask before destroying everything."""
    yes = await confirmations.ask(request, "forget", {})
    await request.show(link_view.forget_confirm(request.locale, confirm_data=yes, cancel_data="keep:forget"))


async def _forget(request: Request, _: confirmations.Arguments) -> None:
    await request.service(Linking).forget(request.user.id)
    await request.show(link_view.forget_done(request.locale))


async def _unlink(request: Request, arguments: confirmations.Arguments) -> None:
    services = request.services
    account = await services.get(Linking).get(request.user.id, int(arguments["account"]))
    if account is None:
        await accounts(request)
        return
    anyway = bool(arguments.get("anyway"))
    parted = await services.get(Linking).unlink(request.user.id, account.id, anyway=anyway)
    if isinstance(parted, InDoubt):
        await request.show(await _in_doubt(request, account, parted))
        return
    left, ended = (parted.orders, parted.alerts) if parted is not None else (0, 0)
    key = f"{account.public_key[:6]}…"
    await request.show(link_view.unlink_done(request.locale, account.label, key, left, ended))


async def _unlink_again(request: Request, arguments: confirmations.Arguments) -> None:
    await account_step(request, AccountButton(AccountStep.UNLINK, int(arguments["account"])))


CONFIRMATIONS: Final = {
    "forget": confirmations.Confirmation(_forget, lambda request, _: forget(request)),
    "unlink": confirmations.Confirmation(_unlink, _unlink_again),
}


async def _in_doubt(request: Request, account: Account, doubt: InDoubt) -> Message:
    retry = await confirmations.ask(request, "unlink", {"account": account.id})
    anyway = await confirmations.ask(request, "unlink", {"account": account.id, "anyway": 1})
    return link_view.unlink_in_doubt(
        request.locale,
        account.label,
        doubt.orders,
        retry_data=retry,
        anyway_data=anyway,
        cancel_data="keep:unlink",
    )


async def keep(request: Request, what: str) -> None:
    """The other button of unlink and forget."""
    build = link_view.forget_kept if what == "forget" else link_view.unlink_kept
    await request.show(build(request.locale))


async def language(request: Request, code: str) -> None:
    """Choose the language: one's own in private, the group's in a group, where only administrators may."""
    if not request.sender.private and not await admins.may_manage(request):
        return
    wanted = _LANGUAGES.get(code.strip().casefold())
    if wanted is None:
        choices = {one: f"lang:{one.value}" for one in Language}
        await request.show_publicly(start_view.language_choice(request.here, choices))
    elif request.sender.private:
        request.user = await request.services.users.change(request.user, language=wanted.value)
        await request.show(start_view.language_set(request.locale))
    else:
        await admins.chat_of(request)
        async with request.services.database.write() as session:
            await chats.change(session, request.sender.chat_id, language=wanted.value)
        await request.show_publicly(start_view.language_set(Locale.of(wanted)))
