"""Reply markup: what a bot may attach to a message, checked as Telegram checks it.

Only inline keyboards belong to a message; the other kinds change the composer of the chat.
"""

from __future__ import annotations

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.config import Limits
from bot.sandbox.telegram.errors import Json, bad_request

_BUTTONS = 100
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


def markup_of(call: Call, limits: Limits) -> tuple[Json | None, Json | None]:
    """The inline keyboard and the other markup of a call; an empty inline keyboard is none."""
    markup = call.object("reply_markup")
    if markup is None:
        return None, None
    if "inline_keyboard" in markup:
        return _inline(markup["inline_keyboard"], limits), None
    if any(kind in markup for kind in ("keyboard", "remove_keyboard", "force_reply")):
        return None, markup
    return None, None


def _inline(rows: object, limits: Limits) -> Json | None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    kept = [[_button(button, limits) for button in row] for row in rows if row]
    if sum(len(row) for row in kept) > _BUTTONS:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return {"inline_keyboard": kept} if kept else None


def _button(button: object, limits: Limits) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not text.strip():
        raise bad_request("inline keyboard button text must be non-empty")
    if not any(action in button for action in _ACTIONS):
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    data = button.get("callback_data")
    if data is not None:
        size = len(str(data).encode())
        if size == 0 or (limits.callback_data_bytes is not None and size > limits.callback_data_bytes):
            raise bad_request("BUTTON_DATA_INVALID")
    return button
