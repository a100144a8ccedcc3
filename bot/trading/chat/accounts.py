"""The first minute: start, link a key, list accounts, part from them. A pasted secret passes once."""

from __future__ import annotations

from typing import Final

from bot.chat import admins, confirmations
from bot.chat import menus as start_view
from bot.chat.acts import ActClass, act
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
from bot.rebates.chat import referrals
from bot.trading.linking import InDoubt, Linked, NotYet
from bot.trading.views import linking as link_view
from bot.ui import Locale, Message
from bot.ui import refusals as refusal_view
from bot.vault import AlreadyLinked, SecretRefused

MAX_LABEL: Final = 20
MAX_ID: Final = 2**63 - 1
_LANGUAGES: Final = {
    **{language.value: language for language in Language},
    **dict.fromkeys(("english", "英语", "英文"), Language.ENGLISH),
    **dict.fromkeys(("chinese", "中文", "简体中文", "汉语"), Language.CHINESE),
}


async def start(turn: Request, _: str = "") -> None:
    """What this is, the risk, and the next step."""
    known, default = await turn.services.linking.list(turn.user.id)
    linked = default is not None and bool(known)
    await turn.show(
        start_view.start(
            turn.locale,
            turn.services.demo,
            linked,
            try_data=f"go:{start_view.EXAMPLE}",
            language_data="lang:ask",
        )
    )


@act(ActClass.LET_IN)
async def link(turn: Request, argument: str = "") -> None:
    """Offer the two ways; a group is no place for either."""
    if not turn.sender.private:
        await turn.say(refusal_view.refusal(turn.here, Refusal(RefusalCode.PRIVATE_ONLY)))
        return
    label = _label(argument)
    if isinstance(label, Refusal):
        await turn.show(refusal_view.refusal(turn.locale, label))
        return
    suffix = f":{label}" if label else ""
    await turn.show(
        link_view.link_intro(
            turn.locale, generate_data=f"link:generate{suffix}", paste_data=f"link:paste{suffix}"
        )
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


@act(ActClass.LET_IN)
async def link_step(turn: Request, argument: str) -> None:
    """The buttons of linking."""
    step, _, rest = argument.partition(":")
    if step == "generate":
        await _generate(turn, rest or None)
    elif step == "paste":
        turn.services.prompts.expect(turn.user.id, Prompt("secret", rest))
        await turn.show(link_view.link_paste_prompt(turn.locale, cancel_data="link:cancel"))
    elif step == "done" and (account_id := number(rest)) is not None:
        await _verify(turn, account_id)
    else:
        turn.services.prompts.take(turn.user.id)
        await start(turn)


async def _generate(turn: Request, label: str | None) -> None:
    made = await turn.services.linking.generate(turn.user.id, label)
    if isinstance(made, Refusal):
        await turn.show(refusal_view.refusal(turn.locale, made))
        return
    await turn.show(
        link_view.link_generated(
            turn.locale,
            made.public_key,
            turn.services.key_page_url,
            done_data=f"link:done:{made.account_id}",
            cancel_data="link:cancel",
            address=turn.services.public_address,
        )
    )


async def _verify(turn: Request, account_id: int) -> None:
    turn.answer_soon()
    outcome = await turn.services.linking.verify(turn.user.id, account_id)
    if isinstance(outcome, Linked):
        question = await referrals.first_question(turn)
        label, read_only = outcome.account.label, outcome.read_only
        await turn.show(link_view.link_done(turn.locale, label, read_only, question))
    elif isinstance(outcome, NotYet):
        # A message of its own: the steps and the key stay where the user can still read them.
        message = link_view.link_not_yet(turn.locale, outcome.value, done_data=f"link:done:{account_id}")
        await turn.say_privately(message)
    else:
        await turn.say_privately(refusal_view.refusal(turn.locale, outcome))


def number(text: str) -> int | None:
    """An id or a page out of callback data, which anybody can forge; None for what is neither."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    value = int(text)
    return value if value <= MAX_ID else None


async def secret(turn: Request, text: str, prompt: Prompt | None) -> None:
    """The secret that was asked for, or what was sent in its place: away with it first, then use it."""
    services = turn.services
    asked_for = prompt is not None and prompt.kind == "secret" and services.access.admits(turn.user)
    if prompt is None or not asked_for or not turn.sender.private:
        said = await stray_secret(services, turn.here, turn.sender.chat_id, turn.message_id)
        await turn.say(said)
        return
    deleted = await services.outbox.delete(turn.sender.chat_id, turn.message_id)
    if not deleted:
        await turn.say(link_view.secret_not_deleted(turn.locale))
    try:
        found = spellings(text) or [text]
        made = await services.linking.paste(turn.user.id, found, prompt.prefix or None)
    except SecretRefused as error:
        await _ask_again(turn, prompt, error.problem.value)
        return
    except AlreadyLinked:
        await turn.say(link_view.link_not_yet(turn.locale, "already-linked"))
        return
    if deleted:
        await turn.say(link_view.secret_deleted(turn.locale))
    await _verify(turn, made.account_id)


async def _ask_again(turn: Request, prompt: Prompt, problem: str) -> None:
    turn.services.prompts.expect(turn.user.id, prompt)
    await turn.say(link_view.link_paste_again(turn.locale, problem, cancel_data="link:cancel"))


async def stray_secret(services: Services, locale: Locale, chat_id: int, message_id: int) -> Message:
    """Delete a message with a secret nobody asked for, and the words about it. In a group it is burnt."""
    deleted = await services.outbox.delete(chat_id, message_id)
    if chat_id < 0:
        return link_view.secret_in_group(locale, deleted=deleted)
    return link_view.secret_unasked(locale) if deleted else link_view.secret_not_deleted(locale)


async def accounts(turn: Request, page: str = "0") -> None:
    """The linked accounts."""
    known, default = await turn.services.linking.list(turn.user.id)
    ids = {account.label: account.id for account in known}
    lines = [_line(account, default) for account in known]
    await turn.show(
        link_view.accounts(
            turn.locale,
            lines,
            page_data=lambda n: f"acc:{n}",
            page=number(page) or 0,
            default_data=lambda label: f"acct:use:{ids[label]}",
            unlink_data=lambda label: f"acct:unlink:{ids[label]}",
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


async def account_step(turn: Request, argument: str) -> None:
    """The buttons under an account."""
    step, _, rest = argument.partition(":")
    account_id = number(rest)
    account = await turn.services.linking.get(turn.user.id, account_id) if account_id is not None else None
    if account is None or account.id is None:
        await accounts(turn)
    elif step == "use":
        await turn.services.linking.set_default(turn.user.id, account.id)
        await turn.show(link_view.account_default_set(turn.locale, account.label))
    else:
        yes = await confirmations.ask(turn, "unlink", {"account": account.id})
        message = link_view.unlink_confirm(
            turn.locale, account.label, confirm_data=yes, cancel_data="keep:unlink"
        )
        await turn.show(message)


async def unlink(turn: Request, label: str = "") -> None:
    """Part from one account."""
    known, _ = await turn.services.linking.list(turn.user.id)
    named = [a for a in known if not label or a.label.casefold() == label.strip().casefold()]
    if len(named) == 1:
        await account_step(turn, f"unlink:{named[0].id}")
    elif not known:
        await accounts(turn)
    else:
        labels = [(account.label, f"acct:unlink:{account.id}") for account in known]
        await turn.show(link_view.unlink_which(turn.locale, labels))


@act(ActClass.STRANGERS)
async def forget(turn: Request, _: str = "") -> None:
    """Ask before destroying everything."""
    yes = await confirmations.ask(turn, "forget", {})
    await turn.show(link_view.forget_confirm(turn.locale, confirm_data=yes, cancel_data="keep:forget"))


async def _forget(turn: Request, _: confirmations.Arguments) -> None:
    await turn.services.linking.forget(turn.user.id)
    await turn.show(link_view.forget_done(turn.locale))


async def _unlink(turn: Request, arguments: confirmations.Arguments) -> None:
    services = turn.services
    account = await services.linking.get(turn.user.id, int(arguments["account"]))
    if account is None or account.id is None:
        await accounts(turn)
        return
    anyway = bool(arguments.get("anyway"))
    parted = await services.linking.unlink(turn.user.id, account.id, anyway=anyway)
    if isinstance(parted, InDoubt):
        await turn.show(await _in_doubt(turn, account, parted))
        return
    left, ended = (parted.orders, parted.alerts) if parted is not None else (0, 0)
    key = f"{account.public_key[:6]}…"
    await turn.show(link_view.unlink_done(turn.locale, account.label, key, left, ended))


async def _unlink_again(turn: Request, arguments: confirmations.Arguments) -> None:
    await account_step(turn, f"unlink:{arguments['account']}")


confirmations.ACTS["forget"] = confirmations.Act(_forget, lambda turn, _: forget(turn))
confirmations.ACTS["unlink"] = confirmations.Act(_unlink, _unlink_again)


async def _in_doubt(turn: Request, account: Account, doubt: InDoubt) -> Message:
    retry = await confirmations.ask(turn, "unlink", {"account": account.id})
    anyway = await confirmations.ask(turn, "unlink", {"account": account.id, "anyway": 1})
    return link_view.unlink_in_doubt(
        turn.locale,
        account.label,
        doubt.orders,
        retry_data=retry,
        anyway_data=anyway,
        cancel_data="keep:unlink",
    )


@act(ActClass.STRANGERS)
async def keep(turn: Request, what: str) -> None:
    """The other button of unlink and forget."""
    build = link_view.forget_kept if what == "forget" else link_view.unlink_kept
    await turn.show(build(turn.locale))


@act(ActClass.STRANGERS)
async def language(turn: Request, code: str) -> None:
    """Choose the language: one's own in private, the group's in a group, where only administrators may."""
    if not turn.sender.private and not await admins.may_manage(turn):
        return
    wanted = _LANGUAGES.get(code.strip().casefold())
    if wanted is None:
        choices = {one: f"lang:{one.value}" for one in Language}
        await turn.show_publicly(start_view.language_choice(turn.here, choices))
    elif turn.sender.private:
        turn.user = await turn.services.offers.change_user(turn.user, language=wanted.value)
        await turn.show(start_view.language_set(turn.locale))
    else:
        await admins.chat_of(turn)
        async with turn.services.database.write() as session:
            await chats.change(session, turn.sender.chat_id, language=wanted.value)
        await turn.show_publicly(start_view.language_set(Locale.of(wanted)))
