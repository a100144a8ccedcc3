"""Cancel one order or many. What would leave an open position without its stop is asked about first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.chat import confirmations
from bot.chat.minted import CancelButton, is_fresh
from bot.chat.request import Request
from bot.domain.intent import CancelIntent
from bot.domain.orders.order import OrderSnapshot
from bot.domain.refusal import Refusal
from bot.language import Parsed, canonical, parse
from bot.trading.chat.flatten import outcome_of, reason_of
from bot.trading.chat.line_buttons import CancelAllButton
from bot.trading.execution.cancel_outcome import Cancelled
from bot.trading.linking import Linking
from bot.trading.message_context import MessageContexts
from bot.trading.previews.cancel_preview import CancelPlan, Cancels
from bot.trading.views import open_orders as list_view
from bot.ui import Message
from bot.ui import refusals as refusal_view

ACTION: Final = "cancel"
_KEEP: Final = "menu:orders"


_ON_DEFAULT: Final = CancelAllButton()


async def cancel(request: Request, intent: CancelIntent) -> bool:
    """Cancel what the line names: at once where nothing loses its stop, else after a question."""
    plan = await request.service(Cancels).plan(request.user, intent)
    if isinstance(plan, Refusal):
        await request.show(refusal_view.refusal(request.locale, plan))
        return False
    if not plan.is_harmless:
        await _ask(request, plan)
        return True
    return await _carry_out(request, plan.account.id, plan.intent, _ids(plan.orders))


async def cancel_order(request: Request, button: CancelButton) -> None:
    """The cancel button of one order: an old one is asked about."""
    intent = CancelIntent(order_id=button.code)
    if is_fresh(button.shown, request.services.clock()):
        await cancel(request, intent)
    else:
        await ask(request, intent)


async def cancel_all(request: Request, button: CancelAllButton = _ON_DEFAULT) -> None:
    """Ask, then cancel everything that rests: on the account the button names, else on the default."""
    services = request.services
    label = (
        await services.get(MessageContexts).label(request.user.id, button.account)
        if button.account is not None
        else None
    )
    account = (
        label if isinstance(label, Refusal) else await services.get(Linking).choose(request.user.id, label)
    )
    if isinstance(account, Refusal):
        await request.show(refusal_view.refusal(request.locale, account))
        return
    await ask(request, CancelIntent(scope="all", account=account.label))


async def ask(request: Request, intent: CancelIntent) -> None:
    """Show what would be cancelled, with a button that does it once."""
    plan = await request.service(Cancels).plan(request.user, intent)
    if isinstance(plan, Refusal):
        await request.show(refusal_view.refusal(request.locale, plan))
    else:
        await _ask(request, plan)


async def _ask(request: Request, plan: CancelPlan) -> None:
    confirm = await _data(request, plan, plan.orders)
    if plan.is_harmless:
        message = list_view.cancel_all_confirm(
            request.locale,
            len(plan.orders),
            account_label=plan.account.label,
            confirm_data=confirm,
            cancel_data=_KEEP,
        )
    else:
        message = await _bare(request, plan, confirm)
    await request.show(message)


async def _bare(request: Request, plan: CancelPlan, confirm: str) -> Message:
    """Asks about cancels that leave positions without an exit."""
    return list_view.cancel_bare_confirm(
        request.locale,
        len(plan.orders),
        plan.bare,
        others=len(plan.others),
        account_label=plan.account.label,
        confirm_data=confirm,
        keep_data=await _data(request, plan, plan.others) if plan.others else _KEEP,
    )


async def _data(request: Request, plan: CancelPlan, orders: Sequence[OrderSnapshot]) -> str:
    arguments = {"account": plan.account.id, "line": canonical(plan.intent), "ids": _ids(orders)}
    return await confirmations.ask(request, ACTION, arguments)


def _ids(orders: Sequence[OrderSnapshot]) -> list[str]:
    return [order.exchange_id for order in orders if order.exchange_id is not None]


async def _confirmed(request: Request, arguments: confirmations.Arguments) -> None:
    intent = _intent(arguments)
    await _carry_out(request, int(arguments["account"]), intent, list(arguments["ids"]))


async def _again(request: Request, arguments: confirmations.Arguments) -> None:
    await ask(request, _intent(arguments))


def _intent(arguments: confirmations.Arguments) -> CancelIntent:
    parsed = parse(str(arguments["line"]))
    if isinstance(parsed, Parsed) and isinstance(parsed.intents[0], CancelIntent):
        return parsed.intents[0]
    raise ValueError("a button of a cancel carries no cancel")


CONFIRMATIONS: Final = {ACTION: confirmations.Confirmation(_confirmed, _again)}


async def _carry_out(request: Request, account_id: int, intent: CancelIntent, ids: Sequence[str]) -> bool:
    results = await request.service(Cancels).carry_out(request.user, account_id, intent, ids)
    if isinstance(results, Refusal):
        await request.show(refusal_view.refusal(request.locale, results))
        return False
    lines = [_line(request, result) for result in results]
    await request.show(list_view.cancel_result(request.locale, lines, orders_data="menu:orders"))
    return all(result.error is None for result in results)


def _line(request: Request, result: Cancelled) -> list_view.CancelLine:
    reason = reason_of(request.locale, result.error)
    return list_view.CancelLine(result.order, outcome_of(result.error), reason)
