"""A person's hands and eyes in code: what tests and journeys use to chat with the bot.

It speaks only the people's HTTP side of the sandbox, exactly as the chat page does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp

Json = dict[str, Any]
Wanted = str | Callable[["ChatMessage"], bool]
_DEFAULT_WAIT = 10.0


class ChatError(Exception):
    """The sandbox refused what a person tried; `status` is its HTTP code."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button; `data` is None for one that sends no callback."""

    label: str
    data: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message as a person sees it; `raw` is the Bot API's Message object."""

    id: int
    text: str  # or the caption
    sender_id: int | None
    from_bot: bool
    edited: bool
    rows: tuple[tuple[Button, ...], ...]
    revision: int  # grows whenever the message changes
    raw: Json

    @property
    def buttons(self) -> tuple[Button, ...]:
        """All buttons, row after row."""
        return tuple(button for row in self.rows for button in row)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the buttons say."""
        return tuple(button.label for button in self.buttons)

    def button(self, label_or_data: str) -> Button:
        """The button with this label, or this data, or whose label contains the text. Raises LookupError."""
        tests: tuple[Callable[[Button], bool], ...] = (
            lambda b: b.label == label_or_data,
            lambda b: b.data == label_or_data,
            lambda b: label_or_data.lower() in b.label.lower(),
        )
        for test in tests:
            for button in self.buttons:
                if test(button):
                    return button
        raise LookupError(f"no button {label_or_data!r}; there are {list(self.labels)} under {self.text!r}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bot answered to a tap: a toast, or an alert."""

    text: str
    show_alert: bool


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap on a button."""

    id: str
    chat: PersonChat

    async def answer(self, timeout: float = _DEFAULT_WAIT) -> Answer:
        """The bot's answer. Raises TimeoutError when none comes."""
        deadline = time.monotonic() + timeout
        while True:
            body = await self.chat.driver.get("press", press_id=self.id)
            if body["answer"] is not None:
                return Answer(body["answer"]["text"], body["answer"]["show_alert"])
            await self.chat.driver.next_change(body["revision"], deadline, f"an answer to tap {self.id}")

    async def again(self) -> None:
        """Send the same press under a new update id, as the app does when no answer came."""
        await self.chat.driver.post("tap", again=self.id)


class PersonChat:
    """One person in one chat."""

    def __init__(self, driver: ChatDriver, user_id: int, chat_id: int) -> None:
        self.driver = driver
        self.user_id = user_id
        self.chat_id = chat_id

    async def send(self, text: str, **how: Any) -> ChatMessage:
        """Write. `how`: reply_to, thread_id, forwarded_from, speak_as ("anonymous", "channel"), channel_id,
        via_bot, seconds_ago, photo_base64, document_base64 with document_name. Raises ChatError where the
        app would not allow it."""
        return self._read((await self._post("send", text=text, **how))["message"])

    async def edit(self, message_id: int, text: str) -> ChatMessage:
        """Edit one's own message."""
        return self._read((await self._post("edit", message_id=message_id, text=text))["message"])

    async def delete(self, message_id: int) -> None:
        """Delete a message for everyone."""
        await self._post("delete", message_id=message_id)

    async def messages(self) -> list[ChatMessage]:
        """All messages, oldest first."""
        return (await self._look())[1]

    async def last(self, from_bot: bool = True) -> ChatMessage:
        """The newest message, of the bot unless said otherwise. Raises LookupError when there is none."""
        found = [m for m in await self.messages() if m.from_bot or not from_bot]
        if not found:
            raise LookupError("the chat has no such message")
        return found[-1]

    async def tap(self, label_or_data: str, message_id: int | None = None, times: int = 1) -> Tap:
        """Tap a button of a message, or of the newest message that has it. Raises LookupError."""
        candidates = [m for m in reversed(await self.messages()) if m.buttons]
        if message_id is not None:
            candidates = [m for m in candidates if m.id == message_id]
        for message in candidates:
            try:
                data = message.button(label_or_data).data
            except LookupError:
                continue
            return await self.tap_data(message.id, data or "", times)
        seen = [list(m.labels) for m in candidates]
        raise LookupError(f"no button {label_or_data!r} in the chat; there are {seen}")

    async def tap_data(self, message_id: int, data: str, times: int = 1) -> Tap:
        """Send any callback data for a message: a late tap on a button now gone, or a forged one."""
        body = await self._post("tap", message_id=message_id, data=data, times=times)
        return Tap(str(body["press_id"]), self)

    async def wait_for(
        self,
        wanted: Wanted,
        timeout: float = _DEFAULT_WAIT,
        *,
        after: int | None = None,
        from_bot: bool = True,
    ) -> ChatMessage:
        """The newest message that contains a text or satisfies a predicate, now or as soon as there is one.

        `after` is a revision (of a message seen before): only what is new or changed since then counts.
        Raises TimeoutError with the chat's last messages in it.
        """
        deadline = time.monotonic() + timeout
        while True:
            revision, messages = await self._look()
            for message in reversed(messages):
                if (from_bot and not message.from_bot) or (after is not None and message.revision <= after):
                    continue
                if wanted in message.text if isinstance(wanted, str) else wanted(message):
                    return message
            tail = "\n".join(f"  {m.sender_id}: {m.text!r} {list(m.labels)}" for m in messages[-5:])
            await self.driver.next_change(revision, deadline, f"{wanted!r}; the chat ends with\n{tail}")

    async def wait_until_gone(self, message_id: int, timeout: float = _DEFAULT_WAIT) -> None:
        """Wait until a message is deleted. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while True:
            revision, messages = await self._look()
            if all(message.id != message_id for message in messages):
                return
            await self.driver.next_change(revision, deadline, f"the deletion of message {message_id}")

    async def block(self, blocked: bool = True) -> None:
        """Block or unblock the bot."""
        await self.driver.post("block", user_id=self.user_id, blocked=blocked)

    async def migrate(self) -> PersonChat:
        """Upgrade this basic group; the same person in the new supergroup."""
        body = await self._post("migrate")
        return PersonChat(self.driver, self.user_id, body["chat_id"])

    async def set_role(self, role: str, target_id: int | None = None) -> None:
        """Change the role of a member, or of the bot when no target is named."""
        target = {} if target_id is None else {"target_id": target_id}
        await self._post("role", role=role, **target)

    async def _post(self, what: str, **body: Any) -> Json:
        return await self.driver.post(what, user_id=self.user_id, chat_id=self.chat_id, **body)

    async def _look(self) -> tuple[int, list[ChatMessage]]:
        body = await self.driver.get("messages", user_id=self.user_id, chat_id=self.chat_id)
        return body["revision"], [self._read(raw) for raw in body["messages"]]

    @staticmethod
    def _read(raw: Json) -> ChatMessage:
        rows = raw.get("reply_markup", {}).get("inline_keyboard", [])
        return ChatMessage(
            id=raw["message_id"],
            text=str(raw.get("text", raw.get("caption", ""))),
            sender_id=raw.get("from", {}).get("id"),
            from_bot=raw["by_bot"],
            edited="edit_date" in raw,
            rows=tuple(
                tuple(Button(b["text"], b.get("callback_data"), b.get("url")) for b in row) for row in rows
            ),
            revision=raw["revision"],
            raw=raw,
        )


class ChatDriver:
    """Connects to a sandbox at `url`; an async context manager, or close it with `close()`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> ChatDriver:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def as_user(self, user_id: int, chat_id: int | None = None) -> PersonChat:
        """A person in a chat, by default in their private chat with the bot."""
        return PersonChat(self, user_id, user_id if chat_id is None else chat_id)

    async def fault(self, kind: str, method: str = "*", times: int = 1, **more: Any) -> None:
        """Order a fault of the Bot API; see `faults.Fault`."""
        await self.post("faults", kind=kind, method=method, times=times, **more)

    async def get(self, what: str, **query: Any) -> Json:
        """Read from `/sandbox/...`. Raises ChatError."""
        return await self._request("GET", what, params={key: str(value) for key, value in query.items()})

    async def post(self, what: str, **body: Any) -> Json:
        """Act through `/sandbox/...`. Raises ChatError."""
        return await self._request("POST", what, json=body)

    async def next_change(self, since: int, deadline: float, waiting_for: str) -> None:
        """Wait for anything newer than revision `since`. Raises TimeoutError at the deadline."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"waited in vain for {waiting_for}")
        await self.get("wait", since=since, timeout=min(left, 5.0))

    async def _request(self, verb: str, what: str, **options: Any) -> Json:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        async with self._session.request(verb, f"{self.url}/sandbox/{what}", **options) as answer:
            body: Json = await answer.json()
            if answer.status >= 400:
                raise ChatError(answer.status, str(body.get("error")))
            return body
