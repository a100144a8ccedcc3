"""Command words of other languages, and letters that look Latin and are not.

The grammar itself speaks English; the normaliser replaces these words first, so a trader may mix both.
"""

from __future__ import annotations

from typing import Final

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
    # managing
    "撤单": "cancel", "撤销": "cancel", "取消": "cancel", "撤": "cancel",
    "全部撤单": "cancel all", "撤销全部": "cancel all",
    "买单": "buys", "卖单": "sells",
    # questions
    "持仓": "positions", "仓位": "positions", "订单": "orders", "挂单": "orders", "委托": "orders",
    "余额": "balance", "资产": "balance", "价格": "price", "行情": "price", "报价": "price",
    "盘口": "book", "深度": "book", "订单簿": "book", "手续费": "fees", "费率": "fees",
    "账户": "accounts", "设置": "settings", "帮助": "help",
    "我的": "my", "查看": "", "查询": "", "查": "",
    # assets
    "比特币": "BTC", "以太坊": "ETH", "以太": "ETH", "索拉纳": "SOL",
}  # fmt: skip

# Written right after a number: `5倍`, `1.5万`, `500美元`.
SUFFIXES: Final = {
    "倍": "x", "х": "x", "千": "e3", "万": "e4", "亿": "e8",
    "美元": " usd ", "美金": " usd ", "刀": " usd ", "долларов": " usd ",
}  # fmt: skip

RUSSIAN: Final = {
    "лонг": "long", "купить": "buy", "покупка": "buy", "куплю": "buy",
    "шорт": "short", "продать": "sell", "продажа": "sell", "продам": "sell",
    "закрыть": "close", "закрой": "close", "паника": "panic",
    "тп": "tp", "тейк": "tp", "цель": "tp", "сл": "sl", "стоп": "sl",
    "плечо": "leverage", "по": "at", "рынок": "market", "рынку": "market", "лимит": "limit",
    "всё": "all", "все": "all", "половина": "half", "половину": "half", "четверть": "quarter",
    "отмена": "cancel", "отменить": "cancel", "отмени": "cancel",
    "позиции": "positions", "ордера": "orders", "баланс": "balance", "цена": "price", "стакан": "book",
    "комиссия": "fees", "комиссии": "fees", "счета": "accounts", "настройки": "settings", "помощь": "help",
    "сол": "SOL", "биток": "BTC", "биткоин": "BTC", "эфир": "ETH",
}  # fmt: skip

# Cyrillic and Greek letters that pass for Latin ones. Source: Unicode confusables, the single-letter part.
LOOKALIKES: Final = frozenset("АВЕЅІЈКМНОРСТХУаеѕіјкмнорстухԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχıɑɡ")
