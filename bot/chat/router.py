"""From an update to a handler: who may act, which words mean what, and what happens when it fails.

Every accepted act is answered, every refused one gets its reason; a defect of ours never ends in silence.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError
from telegram import CallbackQuery, InlineKeyboardButton, Message, Update

from bot.backpack import BackpackError, Maintenance, RateLimited, Unauthorised, UnknownOutcome
from bot.chat import access, pasted, places, taps
from bot.chat.addressing import without_name
from bot.chat.authority import Sender, language_of, sender_of_message, sender_of_tap
from bot.chat.commands import COMMANDS, OPERATOR_COMMANDS, SPEAKING, TAPS, Handler, behind_tap
from bot.chat.handlers import accounts, alerts, steps, trade
from bot.chat.services import Services
from bot.chat.turn import Attached, Replied, Turn
from bot.domain.pasted import hide
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language
from bot.intake import Arrival
from bot.store import users
from bot.vault import VaultError
from bot.view import Locale
from bot.view import Message as View
from bot.view import intake as intake_view
from bot.view import refusals as refusal_view

_log = logging.getLogger(__name__)

_ILLEGIBLE = re.compile("[\x00\ud800-\udfff]")  # no database stores them and no answer can carry them


class Router:
    """Turns updates into turns."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def handle(self, arrival: Arrival) -> None:
        """Do what an update asks for. One that cannot be read is left out, and logged without its content."""
        try:
            update = Update.de_json(arrival.body, self._services.bot)
        except Exception as error:  # whatever the library trips over
            _log.warning("update %d cannot be read: %s", arrival.update_id, type(error).__name__)
            return
        if update.callback_query is not None:
            await self.on_tap(update.callback_query, arrival.age_ms(self._services.clock()))
        else:
            await self.on_message(update)

    async def on_message(self, update: Update) -> None:
        message = update.effective_message
        if message is None:
            return
        self._services.outbox.heard_from(message.chat_id)
        if message.migrate_to_chat_id is not None:
            await self._services.outbox.follow(message.chat_id, message.migrate_to_chat_id)
            return
        who = sender_of_message(update, self._services.clock() / 1000)
        if who is None:
            return
        # No command has a word as long as a key: whatever one is, it goes no further than here.
        text = hide(_ILLEGIBLE.sub("�", message.text or message.caption or ""))
        words = pasted.words_of(message)
        private = message.chat.type == "private"
        leaked = await pasted.holds_secret(self._services, words, private=private)
        if isinstance(who, Refusal):
            await self._refuse_message(message, text, leaked, who)
            return
        turn = await self._turn(who, message.message_id)
        if turn is not None:
            turn.replied = self._replied(message)
            turn.attached = _attached(message)
            await self._guarded(turn, lambda: self._read(turn, text, words, leaked=leaked))

    def _replied(self, message: Message) -> Replied | None:
        """The message of this bot that a message answers."""
        answered = message.reply_to_message
        if answered is None or answered.from_user is None or answered.from_user.id != self._services.bot.id:
            return None
        rows = answered.reply_markup.inline_keyboard if answered.reply_markup is not None else ()
        data = (button.callback_data for row in rows for button in row)
        return Replied(answered.message_id, tuple(one for one in data if isinstance(one, str)))

    async def _refuse_message(self, message: Message, text: str, leaked: bool, refusal: Refusal) -> None:
        """Say why a message may not act; talk that is not meant for us stays unanswered.

        A secret is deleted whatever is wrong with its message: forwarded, edited, or sent while we were away.
        """
        locale = await self._locale_of(message)
        thread = message.message_thread_id if message.is_topic_message else None
        if leaked:
            view = await accounts.stray_secret(self._services, locale, message.chat_id, message.message_id)
            await self._services.outbox.say(message.chat_id, view, thread_id=thread)
        elif message.chat.type == "private" or (text.startswith("/") and self._is_for_us(text)):
            view = refusal_view.refusal(locale, refusal)
            await self._services.outbox.say(
                message.chat_id, view, reply_to=message.message_id, thread_id=thread
            )

    async def _locale_of(self, message: Message) -> Locale:
        """The group's language; in private the one its author chose, else what Telegram says they read."""
        services, chat = self._services, message.chat
        if chat.type != "private":
            return await places.learn(services.database, chat.id, chat.title or "", services.clock())
        author = message.from_user
        language = language_of(author.language_code if author else None)
        if author is None or author.is_bot:
            return Locale.of(language)
        user = await services.offers.user(author.id, language.value)
        return Locale.of(Language(user.language), user.time_zone)

    async def locale_of(self, arrival: Arrival) -> Locale:
        """As `_locale_of`, of an update that is not read."""
        author = arrival.body[arrival.kind].get("from") or {}
        language = language_of(str(author.get("language_code") or ""))
        async with self._services.database.read() as session:
            user = await users.get(session, arrival.person)
            return (
                Locale.of(language) if user is None else await places.locale_at(session, arrival.chat, user)
            )

    async def _read(self, turn: Turn, text: str, words: str, *, leaked: bool) -> None:
        """Act on `text`; `words` are all that was written, `leaked` where there is a secret among them."""
        text = self._addressed(turn, text)
        if leaked or text.startswith("/"):
            await self._look_around(turn)
        if not leaked and await self._is_stopped(turn, text):
            return
        prompt = self._services.prompts.take(turn.user.id) if turn.sender.private else None
        word = text.strip().lower()
        if leaked:
            await accounts.secret(turn, words, prompt)
        elif text and prompt is not None and prompt.kind == "secret" and not _names_command(text):
            await accounts.secret(turn, words, prompt)  # even where it begins with a slash, as one in 64 does
        elif text.startswith("/"):
            await self._command(turn, text)
        elif not turn.sender.private:
            return  # outside a private chat an order needs a slash
        elif not text:
            refusal = Refusal(RefusalCode.UNSUPPORTED, {"feature": "media"})
            await turn.say(refusal_view.refusal(turn.locale, refusal))
        elif prompt is not None and prompt.kind == "alert":
            if not await alerts.typed(turn, prompt, text):
                await trade.line(turn, text)
        elif prompt is not None:
            await steps.typed(turn, prompt, text)
        elif word in COMMANDS and not trade.is_line(turn, word):
            await COMMANDS[word](turn, "")
        else:
            await trade.line(turn, text)

    def _addressed(self, turn: Turn, text: str) -> str:
        """The text without our name; in a group what is said to us by name is as good as with a slash."""
        text, named = without_name(text, self._services.bot_username)
        is_meant = named and not text.startswith("/") and not turn.sender.private
        return f"/{text}" if is_meant and trade.makes_sense(turn, text) else text

    async def _look_around(self, turn: Turn) -> None:
        """In a group, learn in which language it is spoken to."""
        services, who = self._services, turn.sender
        if not who.private:
            turn.place = await places.learn(services.database, who.chat_id, who.title, services.clock())

    async def _is_stopped(self, turn: Turn, text: str) -> bool:
        """Whether the operator has not let its sender in; a secret is dealt with whoever sends it."""
        meant = turn.sender.private or (text.startswith("/") and self._is_for_us(text))
        return meant and await access.stops(turn, _behind(turn, text))

    async def _command(self, turn: Turn, text: str) -> None:
        if not turn.sender.private and not self._is_for_us(text):
            return
        word, _, argument = text[1:].partition(" ")
        name, _, addressee = word.partition("@")
        handler = COMMANDS.get(name.lower())
        if turn.user.id in self._services.access.admins:
            handler = handler or OPERATOR_COMMANDS.get(name.lower())
        is_alert = argument.lower().startswith("alert ")  # `/funding alert sol flips`
        if handler is not None and "\n" not in word and not is_alert:
            await handler(turn, argument.strip())
        elif turn.sender.private or addressee or trade.makes_sense(turn, text):
            await trade.line(turn, text)

    def _is_for_us(self, text: str) -> bool:
        """Whether a command in a group names this bot or no bot; in private nobody else reads it."""
        addressee = text[1:].split(maxsplit=1)[0].partition("@")[2] if text[1:].strip() else ""
        return not addressee or addressee.lower() == self._services.bot_username.lower()

    async def on_tap(self, query: CallbackQuery, age_ms: int) -> None:
        who = sender_of_tap(query)
        if who is None or query.message is None:
            return
        self._services.outbox.heard_from(who.chat_id)
        name, _, argument = _ILLEGIBLE.sub("�", query.data or "").partition(":")
        token = argument if name in {"ok", "no"} else None
        turn = await self._turn(who, query.message.message_id, query, token)
        if turn is not None:
            await self._guarded(turn, lambda: self._tapped(turn, query, name, argument, age_ms))

    async def _tapped(self, turn: Turn, query: CallbackQuery, name: str, argument: str, age_ms: int) -> None:
        handler = TAPS.get(name)
        button = taps.button_of(query)
        if handler is None or (button is None and not self._is_owed(turn, query)):
            await turn.answer(self._why_over(turn))
            return
        if button is None and turn.ticket is None:
            turn.is_tap = False  # nobody knows what stands there: it is not written over
        if taps.is_too_old(age_ms) and taps.acts(query.data or "", Language(turn.user.language)):
            await self._ask_again(turn, query, button, age_ms)
            return
        if turn.sender.private and handler not in SPEAKING:
            turn.answer_soon()
        await self._look_around(turn)
        if await access.stops(turn, behind_tap(name, argument)):
            return
        self._services.prompts.forget_line(turn.user.id)
        await handler(turn, argument)
        await turn.answer()

    def _is_owed(self, turn: Turn, query: CallbackQuery) -> bool:
        """Whether a button nobody can see any more still works: in private what is tapped could be typed."""
        return turn.sender.private and not taps.is_readable(query)

    def _why_over(self, turn: Turn) -> Refusal:
        """A button that is gone: of one's own preview it is said what became of it."""
        over = self._services.placing.usable(turn.ticket, turn.user.id) if turn.ticket is not None else None
        return over if isinstance(over, Refusal) else Refusal(RefusalCode.EXPIRED)

    async def _ask_again(
        self, turn: Turn, query: CallbackQuery, button: InlineKeyboardButton | None, age_ms: int
    ) -> None:
        """A tap from before we listened: what was meant then may not be meant now."""
        turn.answer_soon(Refusal(RefusalCode.EXPIRED))
        label = button.text if button is not None else "…"
        seconds = taps.seconds_of(age_ms)
        await turn.say(intake_view.late_tap(turn.locale, label, query.data or "", seconds=seconds))

    async def _turn(
        self, who: Sender, message_id: int, query: CallbackQuery | None = None, token: str | None = None
    ) -> Turn | None:
        """The turn of a known person; without the database nobody is known, and that is said.

        What a Confirm's `token` stands for is read with its person: an order waits for this.
        """
        offers, ticket = self._services.offers, None
        try:
            if token is None:
                user = await offers.user(who.user_id, who.language.value)
            else:
                user, ticket = await offers.tapped(token, who.user_id, who.language.value)
        except SQLAlchemyError:
            reference = secrets.token_hex(4)
            _log.exception("a user could not be read, reference %s", reference)
            broken = refusal_view.failure(Locale.of(who.language), reference)
            await self._services.outbox.say(who.chat_id, broken, thread_id=who.thread_id)
            return None
        return Turn(
            self._services, who, user, message_id, is_tap=query is not None, query=query, ticket=ticket
        )

    async def _guarded(self, turn: Turn, act: Callable[[], Awaitable[None]]) -> None:
        """Run a handler; whatever goes wrong becomes a message that says what to do."""
        try:
            await act()
        except BackpackError as error:
            _log.warning("the exchange: %s", error)
            await self._excuse(turn, _exchange_excuse(turn.here, error))
        except VaultError as error:
            _log.error("the vault: %s", error)
            await self._excuse(turn, refusal_view.refusal(turn.here, Refusal(RefusalCode.NO_ACCOUNT)))
        except Exception:
            reference = secrets.token_hex(4)
            _log.exception("a handler failed, reference %s", reference)
            await self._excuse(turn, refusal_view.failure(turn.here, reference))

    async def _excuse(self, turn: Turn, message: View) -> None:
        turn.answer_soon()
        await turn.say(message)


def _names_command(text: str) -> bool:
    """Whether `text` is one of our commands, and not merely something that begins with a slash."""
    name = _command_of(text)
    return text.startswith("/") and (name in COMMANDS or name in OPERATOR_COMMANDS)


def _command_of(text: str) -> str:
    """The name of the command a text that begins with a slash gives."""
    return text[1:].partition(" ")[0].partition("@")[0].lower()


def _behind(turn: Turn, text: str) -> Handler | None:
    """What a message begins: a command, one written without its slash, or a line; None: nothing we know."""
    if text.startswith("/"):
        return COMMANDS.get(_command_of(text))
    word = text.strip().lower()
    return COMMANDS[word] if word in COMMANDS and not trade.is_line(turn, word) else trade.line


def _attached(message: Message) -> Attached | None:
    """The file a message carries."""
    file = message.document
    if file is None:
        return None
    name = _ILLEGIBLE.sub("\ufffd", file.file_name or "")
    return Attached(file.file_id, name, sys.maxsize if file.file_size is None else file.file_size)


def _exchange_excuse(locale: Locale, error: BackpackError) -> View:
    if isinstance(error, RateLimited):
        return refusal_view.rate_limited(locale, int(error.retry_after) + 1)
    if isinstance(error, Maintenance):
        return refusal_view.exchange_error(locale, "MAINTENANCE", error.message)
    if isinstance(error, Unauthorised):
        return refusal_view.exchange_error(locale, error.code or "UNAUTHORIZED", error.message)
    # Orders and cancels answer for themselves: what fails here was a read, and left nothing in doubt.
    if error.code is not None and not isinstance(error, UnknownOutcome):
        return refusal_view.exchange_error(locale, error.code, error.message)
    return refusal_view.unreachable(locale)
