"""Generated intents and generated lines, hostile and nearly right."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from bot.domain.intent import (
    AbsolutePrice,
    AgainIntent,
    BareSize,
    BaseSize,
    CancelIntent,
    CloseIntent,
    Intent,
    PanicIntent,
    PercentOffset,
    PercentSize,
    PriceExpr,
    ProtectIntent,
    QueryIntent,
    QueryKind,
    QuoteSize,
    Size,
    TradeIntent,
    Verb,
)
from bot.domain.values import TimeInForce, plain

# Tickers that are also words of the grammar, or look like numbers, beside honest ones.
_AWKWARD = (
    "S",
    "X",
    "M",
    "ALL",
    "TP",
    "PANIC",
    "U",
    "USDC",
    "K",
    "LONG",
    "AT",
    "1INCH",
    "1000PEPE",
    "A",
    "BE",
)
_PAIRS = ("SOL/USDC", "BTC-USDT", "ETH_USDC_PERP", "SOL-PERP", "BTC/USDC:USDC", "S/USDC", "M-PERP")

# No market known; and markets that begin with digits, equal words, or are part of one another.
TICKERS: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset(
        {"SOL", "BTC", "2Z", "Z", "0G", "1INCH", "AI16Z", "KBONK", "BONK", "S", "MAX", "BE", "42", "5X"}
    ),
)

symbols = st.one_of(st.sampled_from(_AWKWARD + _PAIRS), st.from_regex(r"[A-Z][A-Z0-9]{0,9}", fullmatch=True))
labels = st.one_of(
    st.sampled_from(["main", "Alt-2", "long", "market", "主 号", "my desk", "5x"]),
    st.text("abcXYZ019 _-.主", min_size=1, max_size=12).filter(
        lambda label: label == " ".join(label.split())
    ),
)
order_ids = st.one_of(st.from_regex(r"[0-9A-Z]{4}", fullmatch=True), st.integers(1, 10**20).map(str))


def decimals(low: str, high: str) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), allow_nan=False, places=8)


amounts = st.one_of(decimals("0.00000001", "1000000000000"), st.integers(1, 10**15).map(Decimal))
percents = decimals("0.00000001", "100")

sizes: st.SearchStrategy[Size] = st.one_of(
    amounts.map(QuoteSize), amounts.map(BaseSize), percents.map(PercentSize), amounts.map(BareSize)
)


@st.composite
def offsets(draw: st.DrawFn, roi: bool = False) -> PercentOffset:
    percent = draw(decimals("0.00000001", "99"))
    signed = draw(st.booleans())
    if signed and draw(st.booleans()):
        percent = -percent
    return PercentOffset(percent, signed, roi and draw(st.booleans()))


prices: st.SearchStrategy[PriceExpr] = st.one_of(amounts.map(AbsolutePrice), offsets())
exits: st.SearchStrategy[PriceExpr] = st.one_of(amounts.map(AbsolutePrice), offsets(roi=True))


@st.composite
def trades(draw: st.DrawFn) -> TradeIntent:
    price = draw(st.none() | prices)
    if isinstance(price, AbsolutePrice) and draw(st.booleans()):
        return draw(callouts(price))
    return TradeIntent(
        verb=draw(st.sampled_from(Verb)),
        symbol=draw(symbols),
        size=draw(st.none() | sizes),
        leverage=draw(st.none() | decimals("0.1", "100")),
        price=price,
        trigger=draw(st.none() | prices),
        take_profit=draw(st.none() | exits),
        stop_loss=draw(st.none() | exits),
        time_in_force=draw(st.none() | st.sampled_from(TimeInForce)),
        post_only=price is not None and draw(st.booleans()),
        reduce_only=draw(st.booleans()),
        slippage=draw(st.none() | percents),
        account=draw(st.none() | labels),
    )


@st.composite
def callouts(draw: st.DrawFn, entry: AbsolutePrice) -> TradeIntent:
    target, stop = draw(st.none() | exits), draw(st.none() | exits)
    return TradeIntent(
        verb=draw(st.sampled_from(Verb)),
        symbol=draw(symbols),
        size=draw(st.none() | sizes),
        leverage=draw(st.none() | decimals("0.1", "100")),
        price=entry,
        take_profit=target,
        stop_loss=stop if target is not None else draw(exits),
        reduce_only=draw(st.booleans()),
        slippage=draw(st.none() | percents),
        account=draw(st.none() | labels),
        callout=True,
    )


closes = st.one_of(
    st.builds(CloseIntent, symbols, st.none(), st.none() | sizes, st.none() | prices, st.none() | labels),
    st.builds(
        CloseIntent,
        st.none(),
        st.none() | st.sampled_from(["all", "longs", "shorts"]),
        st.none() | sizes,
        st.none() | prices,
        st.none() | labels,
    ),
)
protects = st.builds(
    ProtectIntent,
    st.sampled_from(["tp", "sl"]),
    prices,
    st.none() | symbols,
    st.none() | sizes,
    st.none() | labels,
)
cancels = st.one_of(
    st.builds(CancelIntent, order_ids, st.none(), st.none(), st.none() | labels),
    st.builds(CancelIntent, st.none(), symbols, st.sampled_from([None, "buys", "sells"]), st.none() | labels),
    st.builds(
        CancelIntent, st.none(), st.none(), st.sampled_from(["all", "buys", "sells"]), st.none() | labels
    ),
)
_with_symbol = st.sampled_from([QueryKind.PRICE, QueryKind.BOOK])
_maybe_symbol = st.sampled_from(
    [QueryKind(kind) for kind in ("positions", "orders", "balance", "fees", "funding", "carry")]
)
_carry_sizes = decimals("0.1", "100000").map(lambda amount: f"${plain(amount)}")
_alone = st.sampled_from([QueryKind.ACCOUNTS, QueryKind.SETTINGS])
queries = st.one_of(
    st.builds(QueryIntent, _with_symbol, symbols),
    st.builds(QueryIntent, _maybe_symbol, st.none() | symbols),
    st.builds(QueryIntent, _alone),
    st.builds(
        QueryIntent, st.just(QueryKind.CARRY), st.builds(lambda s, size: f"{s} {size}", symbols, _carry_sizes)
    ),
    st.builds(QueryIntent, st.just(QueryKind.ORDER), order_ids),
    st.builds(
        QueryIntent, st.just(QueryKind.HELP), st.none() | st.sampled_from(["orders", "sizes", "exits"])
    ),
)
agains = st.builds(AgainIntent, st.none() | symbols, st.none() | sizes, st.none() | decimals("0.1", "100"))
intents: st.SearchStrategy[Intent] = st.one_of(
    trades(), closes, protects, cancels, agains, queries, st.just(PanicIntent())
)

_WORDS = (
    "long short buy sell s b close x c cancel panic tp sl stop pos p orders order px book help limit "
    "market m at @ sol SOL-PERP $sol #s btc/usdt wif,ena all half quarter 25% 50%bal of bal position $200 "
    "200$ 200u 0.5 20 5x x5 x lev leverage with worth 142.5 -1% +1% +100 140-142 1,234 1.5k 5kbonk 0.5sol "
    "1e3 1e999999 roi gtc ioc fok 130 post po maker only reduce ro slip 0.5% on main acc trigger when "
    "same again entry trail be best zone risk after until 18:00 stop-limit $mark "
    "做多 做空 SOL 止损 止盈 5倍 500美元 "
    "平仓 一半 市价 лонг стоп 2% сол 5х ВТС my the i am ; , "
    '/ | . ! " lnog lmit alert twap 8F2K longs buys sells everything '
)
_NAMES = (
    "2z 0g $0g 1inch ai16z 1000bonk kbonk max be s 42 5X perp perps spot SOLUSDT.P binance:solusdt "
    "sol/usdt:usdt solperp 0.5sol 1 500 20 142 1,234.5 1'000 1_000 🟢 ** • > ? !!! (5x) @some_bot #long '"
)
words = st.sampled_from([*filter(None, f"{_WORDS}{_NAMES}".split(" ")), "\n"])
shuffled_words = st.lists(words, max_size=14).map(" ".join)
glued_words = st.lists(words, max_size=8).map("".join)
hostile = st.one_of(
    st.text(max_size=200),
    st.text("0123456789.,_'ekmbnx$%@+-/ \u00a0\u2009\u200f\u202e٠１½²万к", max_size=60),
    shuffled_words,
    glued_words,
)
