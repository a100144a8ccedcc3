### 资金费率：总表、单个市场、套利。

funding-title = <b>资金费率</b> · { $count } 个市场
funding-none = 目前没有永续合约收取资金费。
funding-column-market = {""}
funding-column-rate = 当前%
funding-column-next = 距结算
funding-column-now = 年化
funding-column-day = 24时
funding-column-week = 7日
funding-legend = <i>当前：本周期费率，为正时多头付给空头。年化、24时、7日：按当前费率和历史均值折算的年化百分比。</i>
funding-market = <b>{ $symbol } 资金费率</b>
funding-now = 当前 <b>{ $rate }</b>，每 { $interval } 一次 · 年化 { $apr }
funding-next = 下次结算 { $time }，还有 { $left }
funding-pays = { $side ->
    [long] 多头付给空头。
   *[short] 空头付给多头。
}
funding-averages = 按均值年化：24 小时 { $day } · 7 天 { $week } · 30 天 { $month }
funding-mine = 我的 { $quantity } { $base }：累计 { $so_far }，下次结算 { $next }
button-funding-extreme = 极端
button-funding-highest = 最高
button-funding-lowest = 最低
button-funding-symbol = A–Z
button-funding-table = 全部市场
button-funding-alert = 🔔 提醒
button-funding-history = 历史
button-carry = 套利
carry-title = <b>期现套利</b> · 现货对永续
carry-none = 目前没有同时具备现货和永续资金费的市场。
carry-column-market = {""}
carry-column-side = 永续
carry-column-gross = 年化
carry-column-net = 净
carry-column-even = 回本
carry-short = 空
carry-long = 多
carry-legend = <i>年化：持有期间的年化百分比，已扣借币成本。净：持有 { $days } 天并扣除全部手续费。回本：赚回手续费所需时间。</i>
carry-of = <b>{ $base } 套利</b>
carry-legs-short = 买入 { $base } 现货，同时做空等量 { $base }-PERP：价格涨跌无关，资金费归你。
carry-legs-long = 借入并卖出 { $base } 现货，同时做多等量 { $base }-PERP：价格涨跌无关，资金费归你。
carry-yield = 资金费年化 { $gross }，{ $basis ->
    [week] 按最近 7 天均值
   *[now] 按当前费率
}
carry-borrow = 借币成本年化 { $rate }
carry-cost = 两腿进出手续费共为单腿规模的 { $cost }
carry-net = 持有 { $days } 天，净年化 <b>{ $net }</b>
carry-even = 套利赚回手续费需要 { $time }。
carry-never = 按此费率，套利永远赚不回手续费。
carry-risk = <i>资金费率每次结算都会变，可能反转。价格大幅波动时永续一腿可能被强平：请留足保证金。</i>
carry-by-hand = ⚠️ 我不会替你借入 { $base }：这个方向仅供参考。

command-funding = 全部永续资金费率：/funding sol
command-carry = 期现套利：/carry sol $500
menu-funding = 资金费率
menu-carry = 套利
topic-funding = 资金费率
help-funding = <b>资金费率与套利</b>
    <code>/funding</code> 全部永续：费率、年化、下次结算、均值；可用按钮排序和翻页
    <code>/funding sol</code> 单个市场：最近 30 天、我的累计成本、套利回本时间
    <code>/carry</code> 扣除手续费和借币后，哪里的期现套利最划算
    <code>/carry sol $500</code> 买入 $500 SOL 并做空等量 SOL-PERP：一次预览，一次确认
