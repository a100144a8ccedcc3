"""Every no in one sentence and what to do about it: ours, the exchange's, and the reasons orders end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from markupsafe import Markup

from bot.domain.refusal import Choice, Refusal, RefusalCode
from bot.domain.values import Side
from bot.kernel.secret_detection import hide
from bot.ui.locale import MAX_PARAM, Locale, Param, clean
from bot.ui.message import Button, Message, button, keyboard, lines
from bot.ui.words import priced, sized, symbol_name, valued

_AROUND = 120  # characters of the echoed line kept on each side of the word
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ABSENT = "—"
_PER_ROW = 3
_SHORT = 16  # characters of a label that leaves room for two beside it

# What each sentence may name; a refusal raised without one of them shows a dash, never a broken sentence.
PARAMS: Mapping[RefusalCode, tuple[str, ...]] = {
    RefusalCode.SYNTAX: ("word",),
    RefusalCode.MISSING_SIZE: ("symbol",),
    RefusalCode.UNKNOWN_SYMBOL: ("symbol", "suggestions"),
    RefusalCode.HOMOGLYPH: ("word",),
    RefusalCode.AMBIGUOUS_NUMBER: ("number",),
    RefusalCode.TWO_NUMBERS: ("number",),
    RefusalCode.MISSING_PRICE: ("symbol",),
    RefusalCode.MARKET_GONE: ("symbol",),
    RefusalCode.NO_PERP: ("symbol",),
    RefusalCode.NO_SPOT: ("symbol",),
    RefusalCode.NUMBER_TOO_LARGE: ("word",),
    RefusalCode.TOO_LONG: ("limit",),
    RefusalCode.LABEL_TOO_LONG: ("length", "limit"),
    RefusalCode.UNSUPPORTED: ("feature",),
    RefusalCode.BELOW_MIN_QUANTITY: ("quantity", "minimum", "nearest"),
    RefusalCode.TOO_SMALL_TO_CLOSE: ("quantity", "minimum"),
    RefusalCode.UNREAD_POSITIONS: ("count",),
    RefusalCode.ABOVE_MAX_QUANTITY: ("quantity", "maximum", "nearest"),
    RefusalCode.PRICE_OUT_OF_BAND: ("price", "low", "high", "nearest"),
    RefusalCode.MARKET_CLOSED: ("symbol", "state"),
    RefusalCode.EMPTY_BOOK: ("symbol",),
    RefusalCode.THIN_BOOK: ("available", "bound"),
    RefusalCode.POST_ONLY_WOULD_TAKE: ("price", "nearest"),
    RefusalCode.WRONG_SIDE_STOP: ("price", "entry", "side", "nearest"),
    RefusalCode.WRONG_SIDE_TARGET: ("price", "entry", "side", "nearest"),
    RefusalCode.FAR_FROM_MARKET: ("price", "market", "distance", "limit"),
    RefusalCode.OPEN_INTEREST_LIMIT: ("limit", "nearest"),
    RefusalCode.POSITION_LIMIT: ("limit", "nearest"),
    RefusalCode.INSUFFICIENT_MARGIN: ("required", "available", "nearest"),
    RefusalCode.INSUFFICIENT_BALANCE: ("required", "available", "nearest"),
    RefusalCode.LEVERAGE_ABOVE_MARKET: ("asked", "maximum"),
    RefusalCode.LEVERAGE_ABOVE_ACCOUNT: ("asked", "limit"),
    RefusalCode.NO_POSITION: ("symbol", "side"),
    RefusalCode.SEVERAL_POSITIONS: ("symbols",),
    RefusalCode.SHORT_SPOT: ("symbol",),
    RefusalCode.SPOT_EXITS: ("symbol",),
    RefusalCode.PRICE_RANGE: ("low", "high", "symbol", "market"),
    RefusalCode.EXIT_STANDS: ("kind", "symbol", "price"),
    RefusalCode.NO_ORDER: ("id", "symbol"),
    RefusalCode.UNKNOWN_ACCOUNT: ("label",),
    RefusalCode.PRICE_MOVED: ("was", "now", "tolerance"),
    RefusalCode.STALE_COMMAND: ("age",),
    RefusalCode.ALERT_HOLDS: ("symbol", "value", "level"),
    RefusalCode.TOO_MANY_ALERTS: ("limit",),
    RefusalCode.ALERT_TOO_FINE: ("least",),
}

_OPTIONAL = frozenset({"nearest", "suggestions"})
_BARE = {RefusalCode.NO_POSITION: ("symbol",), RefusalCode.NO_ORDER: ("id", "symbol")}
_LEVERAGES = frozenset({RefusalCode.LEVERAGE_ABOVE_MARKET, RefusalCode.LEVERAGE_ABOVE_ACCOUNT})
_BY_PRICE = frozenset(
    {
        RefusalCode.PRICE_OUT_OF_BAND,
        RefusalCode.POST_ONLY_WOULD_TAKE,
        RefusalCode.WRONG_SIDE_STOP,
        RefusalCode.WRONG_SIDE_TARGET,
        RefusalCode.PRICE_MOVED,
        RefusalCode.FAR_FROM_MARKET,
        RefusalCode.EXIT_STANDS,
        RefusalCode.PRICE_RANGE,
    }
)
_IN_DOLLARS = frozenset({RefusalCode.INSUFFICIENT_MARGIN, RefusalCode.POSITION_LIMIT})
_SIDES = {Side.BUY.value: "long", "buy": "long", Side.SELL.value: "short", "sell": "short"}


def refusal(
    locale: Locale,
    refusal: Refusal,
    *,
    source: str | None = None,
    span: tuple[int, int] | None = None,
    mend: str | None = None,
    mend_data: str | None = None,
    expected: Sequence[str] = (),
    offers: Sequence[tuple[str, str]] = (),
) -> Message:
    """Why not, where in the line, and what to do instead.

    `span` is a half-open range of characters in `source`; the word is underlined in the echo. `mend` is a
    corrected line (the refusal's own when left out), offered to copy, and as a button with `mend_data`.
    `expected` are examples of what could stand at that place. `offers` are further buttons, label and data,
    each of which completes the line in one way.
    """
    line = mend or refusal.mend
    if line is not None and len(line) > MAX_PARAM:
        line = None  # a corrected line must be whole or not be offered
    text = lines(
        refusal_sentence(locale, refusal),
        echo(source, span) if source else None,
        locale.text("refusal-expected", examples=examples(expected))
        if expected
        else _advice(locale, refusal),
        locale.text("refusal-try", line=line) if line else None,
    )
    use = button(locale, "button-use-mend", mend_data, line=line) if line else None
    ways = [Button(label, data) for label, data in offers]
    per_row = _PER_ROW if all(len(way.label) <= _SHORT for way in ways) else 1
    rows = [ways[at : at + per_row] for at in range(0, len(ways), per_row)]
    return Message(text, keyboard((use,), *rows))


def examples(words: Sequence[str]) -> Markup:
    """A few examples, each to be tapped and copied."""
    return Markup(", ").join(Markup("<code>{}</code>").format(clean(word, 40)) for word in words[:6])


def refusal_sentence(locale: Locale, refusal: Refusal) -> Markup:
    """The reason alone, for a callback answer or a line among others."""
    key = _key(locale, refusal)
    if key is None:
        return locale.text("refusal-other", code=str(refusal.code))
    return locale.text(key, **_words(locale, refusal))


def echo(source: str, span: tuple[int, int] | None) -> Markup:
    """The user's line with the word in question underlined; an empty span is marked by `?` where it lacks."""
    source = hide(source)  # whole: the parts below could each be too short to be hidden
    if span is None:
        return Markup("› {}").format(clean(source, 2 * _AROUND))
    start = min(max(span[0], 0), len(source))
    end = min(max(span[1], start), len(source))
    before, word, after = source[:start], source[start:end], source[end:]
    head = clean(("…" if len(before) > _AROUND else "") + before[-_AROUND:])
    marked = Markup("<u><b>{}</b></u>").format(clean(word, _AROUND) if word else "?")
    return Markup("› {}{}{}").format(head, marked, clean(after, _AROUND))


def exchange_error(locale: Locale, code: str | None, message: str | None = None) -> Message:
    """What the exchange answered, as a sentence that says what to do."""
    return Message(exchange_reason(locale, code, message))


def exchange_reason(locale: Locale, code: str | None, message: str | None = None) -> Markup:
    """Words for an `ApiErrorCode`; an unpublished code is shown as it is, with the exchange's own words."""
    if not code and not message:
        return locale.text("exchange-rejected-unnamed")
    key = "exchange-" + (code or "").lower().replace("_", "-")
    if code and code.isupper() and locale.has(key):
        return locale.text(key)
    return locale.text("exchange-other", message=message or _ABSENT, code=code or _ABSENT)


def expiry_reason(locale: Locale, reason: str) -> Markup:
    """Words for an `OrderExpiryReason`; an unseen one is shown as it is."""
    key = "expiry-" + _CAMEL.sub("-", reason).lower().replace("_", "-")
    if key != "expiry-other" and locale.has(key):
        return locale.text(key)
    return locale.text("expiry-other", reason=reason)


def rate_limited(locale: Locale, seconds: int) -> Message:
    """The exchange's limit was reached before anything was sent."""
    return Message(locale.text("exchange-rate-limited", wait=locale.duration(seconds)))


def unreachable(locale: Locale) -> Message:
    """The exchange gave no answer."""
    return Message(locale.text("exchange-unreachable"))


def failure(locale: Locale, reference: str) -> Message:
    """A defect of ours; `reference` finds it in the log."""
    return Message(locale.text("failure", reference=reference))


def private_stub(locale: Locale, private_url: str, *, delivered: bool) -> Message:
    """What a group sees instead of private numbers; `delivered` says whether the private chat got them."""
    key = "private-stub" if delivered else "private-stub-start"
    return Message(locale.text(key), ((Button(locale.plain("button-open-private"), url=private_url),),))


def question_bare_number(
    locale: Locale,
    refusal: Refusal,
    choice_data: Sequence[str],
    *,
    source: str | None = None,
    span: tuple[int, int] | None = None,
    always_data: Mapping[str, str] | None = None,
    cancel_data: str | None = None,
) -> Message:
    """Which reading was meant, each with its money on its button; `choice_data` goes with `refusal.choices`.

    `always_data`, by code of a choice, makes that reading the default from then on.

    Source: docs/grammar.md, *Size*.
    """
    number, symbol = _written(locale, refusal.params.get("number", "")), _text(refusal, "symbol")
    near = any(choice.code == "price" for choice in refusal.choices)
    title = (
        locale.text("bare-question-near-price", number=number, symbol=symbol)
        if near
        else locale.text("bare-question", number=number)
    )
    always = always_data or {}
    note = locale.text("bare-note") if always else None
    text = lines(title, echo(source, span) if source else None, note)
    defaults = (Button(locale.plain(f"choice-always-{code}"), data) for code, data in always.items())
    rows = (
        (Button(_reading(locale, refusal, choice, number), data),)
        for choice, data in zip(refusal.choices, choice_data, strict=True)
    )
    return Message(text, keyboard(*rows, tuple(defaults), (button(locale, "button-cancel", cancel_data),)))


def _reading(locale: Locale, refusal: Refusal, choice: Choice, number: str) -> str:
    """One reading of a number; the money is what makes the difference visible."""
    if choice.quantity is not None and choice.notional is not None:
        size = sized(locale, choice.quantity, _text(refusal, "symbol"))
        return locale.plain(f"choice-{choice.code}", size=size, money=locale.usd(choice.notional))
    if choice.code == "leverage":
        return locale.plain("choice-leverage", leverage=f"{number}x")
    if choice.code == "price":
        return locale.plain("choice-price", price=f"${number}")
    return number


def _text(refusal: Refusal, name: str) -> str:
    return clean(str(refusal.params.get(name, "")), 40)


def _written(locale: Locale, value: Param) -> str:
    return locale.number(value) if isinstance(value, Decimal) else str(value)


def _key(locale: Locale, refusal: Refusal) -> str | None:
    key = f"refusal-{refusal.code}"
    named = _BARE.get(refusal.code)
    if named is not None and not any(refusal.params.get(name) for name in named):
        return f"{key}-any"
    if refusal.code is RefusalCode.NO_ORDER and refusal.params.get("symbol"):
        return "refusal-no-order-in"
    if refusal.code is RefusalCode.TWO_NUMBERS and refusal.params.get("joined"):
        return "refusal-two-numbers-joined"
    if refusal.code is RefusalCode.PRICE_RANGE and refusal.params.get("market"):
        return "refusal-price-range-between"
    if refusal.code is RefusalCode.UNSUPPORTED and " + " in str(refusal.params.get("feature", "")):
        return "refusal-combination"
    return key if locale.has(key) else None


def _advice(locale: Locale, refusal: Refusal) -> Markup | None:
    """The advice with numbers where they are known, else the general one."""
    key = _key(locale, refusal)
    if key is None:
        return locale.text("refusal-other.mend")
    for attribute in ("nearest", "suggestions"):
        if refusal.params.get(attribute) and locale.has(key, attribute):
            return locale.text(f"{key}.{attribute}", **_words(locale, refusal))
    return locale.text(f"{key}.mend", **_words(locale, refusal))


def _words(locale: Locale, refusal: Refusal) -> dict[str, Param]:
    params = refusal.params
    return {
        name: _word(locale, refusal, name)
        for name in PARAMS.get(refusal.code, ())
        if name not in _OPTIONAL or params.get(name)
    }


def _word(locale: Locale, refusal: Refusal, name: str) -> Param:
    """A parameter with its unit; the code says what it counts."""
    value = refusal.params.get(name)
    if value is None or value == "":
        return _ABSENT
    if name == "age" and not isinstance(value, str):
        return locale.duration(int(value))
    if name == "least" and isinstance(value, Decimal):
        return locale.usd(value) if refusal.params.get("unit") == "$" else locale.percent(value, 3)
    if isinstance(value, Decimal):
        return _amount(locale, refusal, name, value)
    return _named(locale, name, value)


def _named(locale: Locale, name: str, value: str | int) -> Param:
    """A parameter that is a word, as it is called on every card."""
    if name == "side":
        return _SIDES.get(str(value), value)
    if name == "feature" and locale.has(f"feature-{value}"):
        return locale.text(f"feature-{value}")
    if name in {"symbol", "symbols"}:
        return ", ".join(symbol_name(symbol) for symbol in str(value).split(", "))
    return value


def _amount(locale: Locale, refusal: Refusal, name: str, value: Decimal) -> str:
    code, asset = refusal.code, str(refusal.params.get("asset", ""))
    if code in _LEVERAGES:
        return locale.multiple(value)
    if name in {"tolerance", "distance"} or (code is RefusalCode.FAR_FROM_MARKET and name == "limit"):
        return locale.percent(value)
    if code in _BY_PRICE or name == "bound":
        return priced(locale, value, str(refusal.params.get("quote", "USDC")))
    if code in _IN_DOLLARS and not (asset and name == "nearest"):
        return locale.usd(value)
    if code is RefusalCode.INSUFFICIENT_BALANCE:
        return valued(locale, value, asset)
    return sized(locale, value, asset) if asset else locale.number(value)
