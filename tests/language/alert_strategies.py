"""Generated alerts: every condition with every option, plans included."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from bot.domain.alerts.alert import (
    Activity,
    ActivityMove,
    AlertOptions,
    Audience,
    BasisLevel,
    Condition,
    FundingCost,
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    FundingSoon,
    FundingUnit,
    KeyTrouble,
    LiquidationDistance,
    LiquidationSize,
    Loudness,
    MarginLevel,
    MarketNews,
    MarketNewsKind,
    MyFill,
    PriceLevel,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    Source,
    SpreadLevel,
    Trend,
)
from bot.domain.intent import AlertIntent
from tests.language.strategies import amounts, closes, decimals, symbols, trades

# Words of the alert grammar that are also tickers somebody may list, beside those of the main grammar.
_AWKWARD = (
    "FUNDING",
    "OI",
    "MARK",
    "INDEX",
    "KEY",
    "UP",
    "DOWN",
    "PER",
    "THEN",
    "DM",
    "ME",
    "GO",
    "ARM",
    "FILL",
)
tickers = symbols | st.sampled_from(_AWKWARD)
maybe = st.none() | tickers
trends = st.sampled_from(Trend)
sources = st.sampled_from(Source)
percents = decimals("0.00000001", "99")
signed = decimals("-999", "999")
money = st.one_of(decimals("-1000000", "1000000"), st.integers(-1000, 1000).map(Decimal))


def spans(most_s: int) -> st.SearchStrategy[int]:
    whole = st.sampled_from([60, 900, 3600, 7200, 86_400]).filter(lambda s: s <= most_s)
    return (whole | st.integers(1, most_s)).map(lambda s: s * 1000)


WINDOW, LEAD, LIFE = 30 * 86_400, 86_400, 365 * 86_400
distances = st.sets(percents, min_size=1, max_size=4).map(lambda found: tuple(sorted(found, reverse=True)))


@st.composite
def profits(draw: st.DrawFn) -> ProfitLevel:
    symbol = draw(maybe)
    if symbol is not None and draw(st.booleans()):
        return ProfitLevel(symbol, draw(trends), percent=draw(signed))
    return ProfitLevel(symbol, draw(trends), amount=draw(money))


conditions: st.SearchStrategy[Condition] = st.one_of(
    st.builds(PriceLevel, tickers, amounts, trends, sources),
    st.builds(PriceMove, tickers, percents, spans(WINDOW), trends, sources),
    st.builds(PriceTrail, tickers, percents, trends, st.none() | amounts, sources),
    st.builds(FundingLevel, maybe, signed, trends, st.sampled_from(FundingUnit)),
    st.builds(FundingFlip, maybe, trends),
    st.builds(FundingExtreme, maybe),
    st.builds(FundingSoon, tickers, spans(LEAD)),
    st.builds(FundingCost, maybe, amounts),
    st.builds(ActivityMove, tickers, st.sampled_from(Activity), percents, spans(WINDOW), trends),
    st.builds(SpreadLevel, tickers, percents),
    st.builds(BasisLevel, tickers, signed, trends),
    st.builds(LiquidationSize, maybe, amounts),
    st.builds(MyFill, maybe),
    st.builds(MarginLevel, percents),
    st.builds(LiquidationDistance, maybe, distances),
    profits(),
    st.builds(MarketNews, st.sampled_from(MarketNewsKind), maybe),
    st.builds(KeyTrouble),
)
labels = st.one_of(
    st.sampled_from(["dip", "then", "Mein Einstieg", "抄 底", "5%", "a/b", "once"]),
    st.text("abcXYZ019 _-.<>%主", min_size=1, max_size=12).filter(
        lambda text: text == " ".join(text.split())
    ),
)
options = st.builds(
    AlertOptions,
    repeat=st.booleans(),
    cooldown_ms=st.just(0) | spans(WINDOW),
    lifetime_ms=st.none() | spans(LIFE),
    label=st.none() | labels,
    audience=st.sampled_from(Audience),
    loudness=st.sampled_from(Loudness),
)


@st.composite
def _alerts(draw: st.DrawFn) -> AlertIntent:
    plan = draw(st.none() | trades() | closes)
    armed = plan is not None and draw(st.booleans())
    cap = draw(st.none() | amounts) if armed else None
    return AlertIntent(draw(conditions), draw(options), plan, armed, cap)


alerts = _alerts()

_WORDS = (
    "alert a funding sol btc SOL-PERP #key any > < above below crosses 100k 140 $100 -$5 3% -1% 20/10/5% "
    "moves up down trail from in 15m 15min 1h per 8h apr flips positive extreme before mark index oi volume "
    "spread basis liquidation liq margin pnl fill listing halt key once repeat every cooldown expire 2d "
    'label dip "a b" to dm chat silent then arm go max $500 long btc $200 close ; , '
    "提醒 高于 10万 15分钟 涨跌 翻转 每 алерт х "
)
words = st.sampled_from(_WORDS.split())
near_alerts = st.lists(words, max_size=14).map(lambda chosen: "alert " + " ".join(chosen))
