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

from bot.chat import admission, group_language, secrets_in_chat, taps
from bot.chat.addressing import without_name
from bot.chat.feature import Callback, Command, begin
from bot.chat.request import Attached, Replied, Request
from bot.chat.sender import Sender, language_of, sender_of_message, sender_of_tap
from bot.chat.services import Services
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language
from bot.exchange.backpack import BackpackError, Maintenance, RateLimited, Unauthorised, UnknownOutcome
from bot.intake import Arrival
from bot.intake import views as intake_view
from bot.kernel.secret_detection import hide
from bot.people import users
from bot.ui import Locale
from bot.ui import Message as View
from bot.ui import refusals as refusal_view
from bot.vault import VaultError

_log = logging.getLogger(__name__)

_ILLEGIBLE = re.compile("[\x00\ud800-\udfff]")  # no database stores them and no answer can carry them


class Router:
    """Turns updates into turns."""

    def __init__(self, services: Services) -> None:
        """Raises ValueError where no feature reads lines."""
        self._services = services
        self._features = services.features
        if self._features.reader is None:
            raise ValueError("no feature reads lines")
        self._reader = self._features.reader

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
        words = secrets_in_chat.words_of(message)
        private = message.chat.type == "private"
        leaked = await secrets_in_chat.holds_secret(self._services, words, private=private)
        if isinstance(who, Refusal):
            await self._refuse_message(message, text, leaked, who)
            return
        request = await self._turn(who, message.message_id)
        if request is not None:
            request.replied = self._replied(message)
            request.attached = _attached(message)
            await self._guarded(request, lambda: self._read(request, text, words, leaked=leaked))

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
            view = await self._reader.stray_secret(
                self._services, locale, message.chat_id, message.message_id
            )
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
            return await group_language.learn(services.database, chat.id, chat.title or "", services.clock())
        author = message.from_user
        language = language_of(author.language_code if author else None)
        if author is None or author.is_bot:
            return Locale.of(language)
        user = await services.users.met(author.id, language.value)
        return Locale.of_reader(user)

    async def locale_of(self, arrival: Arrival) -> Locale:
        """As `_locale_of`, of an update that is not read."""
        author = arrival.body[arrival.kind].get("from") or {}
        language = language_of(str(author.get("language_code") or ""))
        async with self._services.database.read() as session:
            user = await users.get(session, arrival.person)
            return (
                Locale.of(language)
                if user is None
                else await group_language.locale_at(session, arrival.chat, user)
            )

    async def _read(self, request: Request, text: str, words: str, *, leaked: bool) -> None:
        """Act on `text`; `words` are all that was written, `leaked` where there is a secret among them."""
        text = self._addressed(request, text)
        if leaked or text.startswith("/"):
            await self._look_around(request)
        command, argument = self._command_in(request, text) or (None, "")
        if not leaked and await self._is_stopped(request, text, command):
            return
        prompt = self._services.prompts.take(request.user.id) if request.sender.private else None
        is_slashed = text.startswith("/")
        if leaked or (text and prompt is not None and prompt.kind == "secret" and not self._names_one(text)):
            await self._reader.secret(request, words, prompt)  # a slash may be its first letter: one in 64
        elif not request.sender.private and not (is_slashed and self._is_addressed(request, text, command)):
            return  # outside a private chat an order needs a slash
        elif not text:
            refusal = Refusal(RefusalCode.UNSUPPORTED, {"feature": "media"})
            await request.say(refusal_view.refusal(request.locale, refusal))
        elif not is_slashed and prompt is not None:
            if not await self._features.answer(request, prompt, text):
                await self._reader.line(request, text)
        elif command is not None:
            await begin(request, command, argument)
        else:
            await self._reader.line(request, text)

    def _addressed(self, request: Request, text: str) -> str:
        """The text without our name; in a group what is said to us by name is as good as with a slash."""
        text, named = without_name(text, self._services.bot_username)
        is_meant = named and not text.startswith("/") and not request.sender.private
        return f"/{text}" if is_meant and request.makes_sense(text) else text

    async def _look_around(self, request: Request) -> None:
        """In a group, learn in which language it is spoken to."""
        services, who = self._services, request.sender
        if not who.private:
            request.place = await group_language.learn(
                services.database, who.chat_id, who.title, services.clock()
            )

    async def _is_stopped(self, request: Request, text: str, command: Command | None) -> bool:
        """Whether the operator has not let its sender in; a secret is dealt with whoever sends it."""
        meant = request.sender.private or (text.startswith("/") and self._is_for_us(text))
        # In a group a stranger's command that nobody here knows is left to others.
        quiet = not request.sender.private and self._features.command(_command_of(text)) is None
        return meant and await admission.stops(request, command, quiet=quiet)

    def _command_in(self, request: Request, text: str) -> tuple[Command, str] | None:
        """The command a message gives, with its words; None: it is a line, or nothing we know."""
        if not text.startswith("/"):
            return self._bare_command(request, text)
        word, _, argument = text[1:].partition(" ")
        is_operator = request.user.id in self._services.access.admins
        command = self._features.command(word.partition("@")[0], operator=is_operator)
        is_alert = argument.lower().startswith("alert ")  # `/funding alert sol flips`
        return None if command is None or "\n" in word or is_alert else (command, argument.strip())

    def _bare_command(self, request: Request, text: str) -> tuple[Command, str] | None:
        """The command of a single word without its slash, unless it means something as a line."""
        word = text.strip()
        command = self._features.command(word)
        return None if command is None or request.is_read(word.lower()) else (command, "")

    def _names_one(self, text: str) -> bool:
        """Whether `text` is one of our commands, and not merely something that begins with a slash."""
        return text.startswith("/") and self._features.is_command(_command_of(text))

    def _is_addressed(self, request: Request, text: str, command: Command | None) -> bool:
        """Whether what begins with a slash in a group is for us: by its name, or by what it says."""
        is_named = "@" in text.partition(" ")[0]
        return self._is_for_us(text) and (command is not None or is_named or request.makes_sense(text))

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
        callback = self._features.callbacks.get(name)
        token = argument if callback is not None and callback.holds else None
        request = await self._turn(who, query.message.message_id, query, token)
        if request is not None:
            await self._guarded(request, lambda: self._tapped(request, query, callback, argument, age_ms))

    async def _tapped(
        self, request: Request, query: CallbackQuery, callback: Callback | None, argument: str, age_ms: int
    ) -> None:
        button = taps.button_of(query)
        if callback is None or (button is None and not self._is_owed(request, query)):
            await request.answer(self._reader.why_over(request))
            return
        if button is None and request.held is None:
            request.is_tap = False  # nobody knows what stands there: it is not written over
        if taps.is_too_old(age_ms) and taps.acts(callback, argument, Language(request.user.language)):
            await self._ask_again(request, query, button, age_ms)
            return
        if request.sender.private and not callback.speaks:
            request.answer_soon()
        await self._look_around(request)
        if await admission.stops(request, self._features.behind(callback, argument)):
            return
        self._services.prompts.forget_line(request.user.id)
        await begin(request, callback, argument)
        await request.answer()

    def _is_owed(self, request: Request, query: CallbackQuery) -> bool:
        """Whether a button nobody can see any more still works: in private what is tapped could be typed."""
        return request.sender.private and not taps.is_readable(query)

    async def _ask_again(
        self, request: Request, query: CallbackQuery, button: InlineKeyboardButton | None, age_ms: int
    ) -> None:
        """A tap from before we listened: what was meant then may not be meant now."""
        request.answer_soon(Refusal(RefusalCode.EXPIRED))
        label = button.text if button is not None else "…"
        seconds = taps.seconds_of(age_ms)
        await request.say(intake_view.late_tap(request.locale, label, query.data or "", seconds=seconds))

    async def _turn(
        self, who: Sender, message_id: int, query: CallbackQuery | None = None, token: str | None = None
    ) -> Request | None:
        """The turn of a known person; without the database nobody is known, and that is said.

        What the `token` of a button stands for is read with its person: an order waits for this.
        """
        people, held = self._services.users, None
        try:
            if token is None:
                user = await people.met(who.user_id, who.language.value)
            else:
                async with self._services.database.read() as session:
                    known, held = await self._reader.held(session, token, who.user_id)
                user = await people.welcomed(known, who.user_id, who.language.value)
        except SQLAlchemyError:
            reference = secrets.token_hex(4)
            _log.exception("a user could not be read, reference %s", reference)
            broken = refusal_view.failure(Locale.of(who.language), reference)
            await self._services.outbox.say(who.chat_id, broken, thread_id=who.thread_id)
            return None
        return Request(
            self._services, who, user, message_id, is_tap=query is not None, query=query, held=held
        )

    async def _guarded(self, request: Request, act: Callable[[], Awaitable[None]]) -> None:
        """Run a handler; whatever goes wrong becomes a message that says what to do."""
        try:
            await act()
        except BackpackError as error:
            _log.warning("the exchange: %s", error)
            await self._excuse(request, _exchange_excuse(request.here, error))
        except VaultError as error:
            _log.error("the vault: %s", error)
            await self._excuse(request, refusal_view.refusal(request.here, Refusal(RefusalCode.NO_ACCOUNT)))
        except Exception:
            reference = secrets.token_hex(4)
            _log.exception("a handler failed, reference %s", reference)
            await self._excuse(request, refusal_view.failure(request.here, reference))

    async def _excuse(self, request: Request, message: View) -> None:
        request.answer_soon()
        await request.say(message)


def _command_of(text: str) -> str:
    """The name of the command a text that begins with a slash gives."""
    return text[1:].partition(" ")[0].partition("@")[0].lower()


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
