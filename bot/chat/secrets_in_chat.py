"""Whether a message holds a secret, wherever Telegram lets people put words."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError
from telegram import Message

from bot.chat.services import Services
from bot.kernel import secret_detection
from bot.vault import Vault

_log = logging.getLogger(__name__)


def words_of(message: Message) -> str:
    """Everything its author wrote into a message, whatever kind it is: to be searched, never shown."""
    return "\n".join(text for text in _texts(message) if text)


def _texts(message: Message) -> Iterator[str | None]:
    yield message.text or message.caption
    for entity in (*message.entities, *message.caption_entities):
        yield entity.url
    if message.quote is not None:
        yield message.quote.text
    for file in (message.document, message.audio, message.video, message.animation):
        yield file.file_name if file is not None else None
    if message.audio is not None:
        yield message.audio.title
        yield message.audio.performer
    if message.poll is not None:
        yield message.poll.question
        yield from (option.text for option in message.poll.options)
    if message.contact is not None:
        yield from (message.contact.first_name, message.contact.last_name, message.contact.vcard)
    if message.venue is not None:
        yield from (message.venue.title, message.venue.address)


async def holds_secret(services: Services, words: str, *, private: bool) -> bool:
    """Whether a message of these words is to be deleted as one with a secret in it.

    In a private chat for its looks alone. In a group a transaction or a token's mint looks the same: there a
    word beside it must say so, or it must open a key.
    """
    if not secret_detection.is_suspect(words):
        return False
    if private or secret_detection.is_named(words):
        return True
    try:
        return await services.get(Vault).opens_known_key(secret_detection.spellings(words))
    except SQLAlchemyError:
        _log.exception("whether a key is linked could not be read")
        return False
