"""What every Bot API method shares: the world, the update queue, the files, the rates, and access checks.

The methods themselves live in `methods/`, one module per topic.
"""

from __future__ import annotations

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.config import TelegramConfig
from bot.sandbox.telegram.errors import BotApiError, Json, bad_request, forbidden
from bot.sandbox.telegram.files import Files
from bot.sandbox.telegram.limits import SendRates
from bot.sandbox.telegram.updates import Updates
from bot.sandbox.telegram.world import MEMBERS, Chat, Message, World


class BotApi:
    """One bot's view of the world."""

    def __init__(self, config: TelegramConfig) -> None:
        self.config = config
        self.world = World(config)
        self.updates = Updates(config)
        self.files = Files()
        self.rates = SendRates(config.limits, config.clock)
        self.commands: dict[tuple[str, str], list[Json]] = {}  # (scope key, language) -> commands
        self.profile: dict[tuple[str, str], str] = {}  # (what, language) -> text

    def chat(self, call: Call, name: str = "chat_id") -> Chat:
        """The chat a call names by id or @username. Raises 400 if unknown, moved, or missing."""
        given = (call.text(name) or "").strip()
        if not given:
            raise bad_request(f"{name} is empty")
        place: Chat | None = None
        if given.startswith("@"):
            wanted = given[1:].lower()
            places = (c for c in self.world.chats.values() if c.type != "private" and c.username)
            place = next((c for c in places if (c.username or "").lower() == wanted), None)
        elif given.lstrip("-").isdigit():
            place = self.world.chats.get(int(given))
        if place is None:
            raise bad_request("chat not found")
        if place.migrated_to is not None:
            raise bad_request(
                "group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": place.migrated_to}
            )
        return place

    def writable(self, place: Chat) -> Chat:
        """`place`, if the bot may write there. Raises 403 or 400 as Telegram does."""
        refusal = self._refusal(place)
        if refusal is not None:
            raise refusal
        return place

    def _refusal(self, place: Chat) -> BotApiError | None:
        role = place.role(self.world.bot.id)
        if place.type == "private":
            if role == "kicked":
                return forbidden("bot was blocked by the user")
            return None if place.started else forbidden("bot can't initiate conversation with a user")
        if role == "kicked":
            return forbidden(f"bot was kicked from the {place.type} chat")
        if role not in MEMBERS:
            return forbidden(f"bot is not a member of the {place.type} chat")
        if place.type == "channel" and role == "member":
            return bad_request("need administrator rights in the channel chat")
        return None

    def spend(self, place: Chat) -> None:
        """Count one message against the send rates. Raises 429."""
        self.rates.spend(place.id, place.type in ("group", "supergroup", "channel"))

    def own_message(self, call: Call, verb: str = "edit") -> Message:
        """The message a call wants to edit. Raises 400 if there is none or it is not the bot's."""
        if call.text("inline_message_id"):
            raise bad_request("MESSAGE_ID_INVALID")
        place = self.writable(self.chat(call))
        message_id = call.integer("message_id")
        if message_id is None:
            raise bad_request("message identifier is not specified")
        message = place.messages.get(message_id)
        if message is None:
            raise bad_request(f"message to {verb} not found")
        if not self.is_own(message):
            raise bad_request(f"message can't be {verb}ed")
        return message

    def is_own(self, message: Message) -> bool:
        """Whether the bot wrote it, in a channel too, where it writes as the channel."""
        return message.sender is not None and message.sender.id == self.world.bot.id
