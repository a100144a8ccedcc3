"""An alert whose condition is true already: asked when it shall speak, and the answer read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.alerts.chat.lists import put
from bot.alerts.service import Alerts
from bot.alerts.storage.alerts import LIVE
from bot.alerts.storage.tables import Alert
from bot.alerts.views import already_true as view
from bot.alerts.views import cards as alert_view
from bot.chat.request import Request
from bot.domain.alerts.alert import Condition, WhenTrue
from bot.domain.intent import AlertIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language
from bot.language import Parsed, parse
from bot.ui.callback_data import number
from bot.ui.message import keyboard

ANSWERS: Final = (WhenTrue.NOW, WhenTrue.AGAIN)


@dataclass(frozen=True, slots=True)
class AlreadyTrueAnswer:
    """`alert` None: a new one; `intent` None: the alert as it is, resumed."""

    when: WhenTrue
    alert: Alert | None
    intent: AlertIntent | None


async def ask(request: Request, refusal: Refusal, condition: Condition, rest: str) -> None:
    """`rest` names in the answer what it is about: the alert's id (0: none yet) and, if any, its line."""
    ways = [(one, await request.line_data(f"{one.value} {rest}", prefix="ah:")) for one in ANSWERS]
    buttons = [alert_view.action(request.locale, f"true-{one.value}", data) for one, data in ways]
    params = refusal.params
    message = view.holds(
        request.locale,
        condition,
        Decimal(str(params["value"])),
        str(params["symbol"]),
        interval_ms=int(params["interval_ms"]) or None,
        fell=bool(params["fell"]),
        others=int(params["others"]),
        buttons=keyboard(*((one,) for one in buttons)),
    )
    await put(request, message)


async def read(request: Request, argument: str) -> AlreadyTrueAnswer | Refusal:
    """The answer of a tapped button; refused when it is over, forged, or somebody else's."""
    text = await request.line_of(argument)
    if isinstance(text, Refusal):
        return text
    word, _, rest = text.partition(" ")
    alert_id, _, line = rest.partition(" ")
    if word not in {one.value for one in ANSWERS}:
        return Refusal(RefusalCode.EXPIRED)
    alert = await request.service(Alerts).get(number(alert_id) or 0)
    if alert is not None and (alert.user_id != request.user.id or alert.state not in LIVE):
        return Refusal(RefusalCode.EXPIRED)
    if alert is not None and not line:
        return AlreadyTrueAnswer(WhenTrue(word), alert, None)
    parsed = parse(line, language=Language(request.user.language))
    intent = parsed.intents[0] if isinstance(parsed, Parsed) else None
    if not isinstance(intent, AlertIntent):
        return Refusal(RefusalCode.EXPIRED)
    return AlreadyTrueAnswer(WhenTrue(word), alert, intent)
