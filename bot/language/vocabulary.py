"""Command words of other languages, and letters that look Latin and are not.

The grammar itself speaks English; the normaliser replaces these words first, so a trader may mix both.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from lark import Lark

# Chinese has no spaces between words: the longest entry that fits is taken.
CHINESE: Final = {
    # verbs
    "做多": "long", "开多": "long", "买多": "long", "看多": "long",
    "做空": "short", "开空": "short", "卖空": "short", "看空": "short",
    "买入": "buy", "购买": "buy", "买": "buy",
    "卖出": "sell", "卖掉": "sell", "卖": "sell",
    # exits
    "平仓": "close", "平掉": "close", "关闭": "close", "全部平仓": "close all", "一键平仓": "close all",
    "全平": "close all", "平多": "close longs", "平空": "close shorts",
    "多单": "longs", "空单": "shorts", "多仓": "longs", "空仓": "shorts",
    "恐慌": "panic", "紧急平仓": "panic",
    "止盈": "tp", "止损": "sl", "目标": "tp", "回报率": "roi",
    # arguments
    "杠杆": "leverage", "市价": "market", "限价": "limit", "在": "at", "触发价": "trigger", "触发": "trigger",
    "全部": "all", "所有": "all", "一半": "half", "四分之一": "quarter", "数量": "qty",
    "余额的": "", "的": "",
    "只挂单": "post", "只做挂单": "post", "只做maker": "post",
    "只减仓": "reduce", "滑点": "slip", "账号": "account",
    "永续合约": "perp", "永续": "perp", "合约": "perp", "现货": "spot",
    # managing
    "撤单": "cancel", "撤销": "cancel", "取消": "cancel", "撤": "cancel",
    "全部撤单": "cancel all", "撤销全部": "cancel all",
    "买单": "buys", "卖单": "sells",
    # answers to a card
    "同样": "same", "再来一单": "same", "再来": "same",
    # alerts
    "提醒我": "alert", "提醒": "alert", "预警": "alert", "警报": "alert", "告警": "alert", "通知我": "alert",
    "高于": "above", "大于": "above", "超过": "above", "涨破": "above", "突破": "above",
    "低于": "below", "小于": "below", "跌破": "below",
    "穿越": "crosses", "穿过": "crosses", "触及": "crosses", "到达": "crosses", "达到": "crosses",
    "涨跌": "moves", "波动": "moves", "变动": "moves", "上涨": "up", "涨": "up", "下跌": "down", "跌": "down",
    "追踪": "trail", "跟踪": "trail", "回撤": "trail down", "反弹": "trail up", "从": "from",
    "之内": "", "内": "",
    "资金费率": "funding", "资金费": "funding", "翻转": "flips", "变号": "flips",
    "转正": "flips positive", "转负": "flips negative", "极端": "extreme", "年化": "apr", "结算前": "before",
    "套利": "carry", "费用": "cost", "资金费用": "funding cost", "未平仓量": "oi", "持仓量": "oi",
    "成交量": "volume", "交易量": "volume",
    "点差": "spread", "价差": "spread", "基差": "basis", "溢价": "basis",
    "爆仓": "liquidation", "强平": "liquidation", "强平距离": "liq", "爆仓距离": "liq", "成交": "fill",
    "保证金率": "margin", "保证金": "margin", "盈亏": "pnl", "浮盈": "pnl",
    "上架": "listing", "上新": "listing", "上币": "listing", "下架": "delisting", "停牌": "halt",
    "密钥": "key", "标记价格": "mark", "标记价": "mark", "指数价格": "index", "指数价": "index",
    "最新价": "last",
    "任意": "any", "任何": "any", "只提醒一次": "once", "一次": "once", "重复": "repeat",
    "每隔": "every", "每": "every", "冷却": "cooldown", "有效期": "expire", "有效": "expire", "标签": "label",
    "发到私聊": "to dm", "私聊": "to dm", "静音": "silent", "然后": "then", "自动": "arm", "最多": "max",
    "当": "", "如果": "", "时": "",
    # questions
    "持仓": "positions", "仓位": "positions", "订单": "orders", "挂单": "orders", "委托": "orders",
    "余额": "balance", "资产": "balance", "价格": "price", "行情": "price", "报价": "price",
    "盘口": "book", "深度": "book", "订单簿": "book", "手续费": "fees", "费率": "fees",
    "账户": "accounts", "设置": "settings", "帮助": "help",
    "我的": "my", "查看": "", "查询": "", "查": "",
    # assets
    "比特币": "BTC", "以太坊": "ETH", "以太": "ETH", "索拉纳": "SOL",
}  # fmt: skip

# Powers of ten, written right after a number or after a space.
SCALES: Final = {
    "百": "e2", "千": "e3", "万": "e4", "萬": "e4", "十万": "e5", "百万": "e6", "千万": "e7",
    "亿": "e8", "億": "e8",
    "тыс": "e3", "тысяч": "e3", "тысячи": "e3", "тысяча": "e3", "млрд": "e9",
    "млн": "e6", "миллион": "e6", "миллиона": "e6", "миллионов": "e6",
}  # fmt: skip

# Written right after a number: `5倍`, `1.5万`, `500美元`.
SUFFIXES: Final = {
    **SCALES, "к": "k",
    "分钟": "min", "分": "min", "小时": "h", "天": "d", "日": "d", "周": "w", "秒": "s",
    "мин": "min", "м": "m", "ч": "h", "д": "d",
    "倍": "x", "х": "x",
    "美元": " usd ", "美金": " usd ", "刀": " usd ",
    "долларов": " usd ", "доллара": " usd ", "баксов": " usd ",
}  # fmt: skip

RUSSIAN: Final = {
    "лонг": "long", "купить": "buy", "купи": "buy", "покупка": "buy", "куплю": "buy",
    "шорт": "short", "продать": "sell", "продай": "sell", "продажа": "sell", "продам": "sell",
    "закрыть": "close", "закрой": "close", "паника": "panic",
    "тп": "tp", "тейк": "tp", "цель": "tp", "сл": "sl", "стоп": "sl",
    "плечо": "leverage", "по": "at", "рынок": "market", "рынку": "market", "лимит": "limit",
    "триггер": "trigger",
    "всё": "all", "все": "all", "половина": "half", "половину": "half", "четверть": "quarter",
    "отмена": "cancel", "отменить": "cancel", "отмени": "cancel",
    "повтори": "same", "повторить": "same",
    "позиции": "positions", "ордера": "orders", "баланс": "balance", "цена": "price", "стакан": "book",
    "комиссия": "fees", "комиссии": "fees", "счета": "accounts", "настройки": "settings", "помощь": "help",
    "алерт": "alert", "оповести": "alert", "уведоми": "alert", "напомни": "alert", "выше": "above",
    "ниже": "below",
    "фандинг": "funding", "ликвидация": "liquidation", "маржа": "margin", "спред": "spread",
    "объём": "volume", "объем": "volume", "движение": "moves", "рост": "up", "падение": "down",
    "за": "in", "каждые": "every", "каждый": "every", "потом": "then", "тихо": "silent",
    "перп": "perp", "фьючерс": "perp", "спот": "spot",
    "сол": "SOL", "биток": "BTC", "биткоин": "BTC", "эфир": "ETH",
}  # fmt: skip

# Cyrillic and Greek letters that pass for Latin ones. Source: Unicode confusables, the single-letter part.
LOOKALIKES: Final = frozenset("АВЕЅІЈКМНОРСТХУаеѕіјкмнорстухԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχıɑɡ")


def words_of(grammar: Lark, names: Collection[str]) -> tuple[re.Pattern[str], ...]:
    """Every terminal of a grammar but `names`, which may be anything."""
    flags = re.IGNORECASE | re.ASCII
    return tuple(
        re.compile(terminal.pattern.to_regexp(), flags)
        for terminal in grammar.terminals
        if terminal.name not in names
    )
