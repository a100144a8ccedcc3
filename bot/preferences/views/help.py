"""Help by topic: short pages with examples to tap and copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.ui.locale import Locale
from bot.ui.message import Button, Keyboard, Message, button, keyboard


def topic_data(topic: str) -> str:
    """The button data of a topic unless the caller brings another."""
    return f"help:{topic}"


def help_topics(
    locale: Locale,
    topics: Sequence[str],
    *,
    data: Callable[[str], str] = topic_data,
    back_data: str | None = None,
) -> Message:
    """A button for each of the `topics`."""
    return Message(locale.text("help-title"), _topic_buttons(locale, topics, data, back_data))


def help(
    locale: Locale,
    topics: Sequence[str],
    topic: str | None,
    *,
    data: Callable[[str], str] = topic_data,
    topics_data: str = "menu:help",
) -> Message:
    """The page of `topic`, or the list of topics, which names a topic that does not exist."""
    if not topic:
        return help_topics(locale, topics, data=data)
    name = topic.strip().lower()
    if name not in topics:
        return Message(locale.text("help-unknown", topic=topic), _topic_buttons(locale, topics, data, None))
    return Message(locale.text(f"help-{name}"), keyboard((button(locale, "button-back", topics_data),)))


def _topic_buttons(
    locale: Locale, topics: Sequence[str], data: Callable[[str], str], back_data: str | None
) -> Keyboard:
    buttons = [Button(locale.plain(f"topic-{topic}"), data(topic)) for topic in topics]
    rows = [buttons[at : at + 3] for at in range(0, len(buttons), 3)]
    return keyboard(*rows, (button(locale, "button-back", back_data),))
