### 定时消息，以及管理它们的页面。

post-movers-title = <b>24 小时涨跌</b>
post-extremes-title = <b>资金费率极值</b>
post-funding-title = <b>资金费将于 { $time } 结算</b>，还有 { $left }
post-funding-passed = <b>资金费已于 { $time } 结算</b>
post-digest-title = <b>今日</b> · { $time }
post-mover = { $mark } { $base } ${ $price } { $change }
post-rate = { $base } { $rate }：{ $side ->
    [long] 多头付
   *[short] 空头付
  }
post-nothing = 没有突出的。
post-more = …… 还有 { $n } 个
post-gathered = <b>为日报攒下的</b>
post-gathered-line = · { $words }
post-unsaid = 上次日报以来因已关闭而未发：{ $n }
post-late = ⏱ 迟到 { $late }。
post-missed = 我不在时错过：{ $n }

schedule-title = <b>定时消息</b>
schedule-title-topic = <b>本聊天的定时消息</b>
schedule-none = 还没有。可在下方添加，或这样写：
schedule-example = <code>/schedule 资金费 10分钟前</code>
    <code>/schedule 涨跌 每天 08:00 Asia/Shanghai 静音</code>
    <code>/schedule 极端 每 4小时</code>
    <code>/schedule 日报 20:00</code>
schedule-line = <b>#{ $id } { $kind }</b> { $when }{ $state }
schedule-next = 下次：{ $time }
schedule-elsewhere = 在别的话题
schedule-paused = ⏸ 已暂停
schedule-silent = 🔕 静音
schedule-off = 🚫 关闭
schedule-saved = ✅ 已保存。
schedule-deleted = 🗑 #{ $id } 已删除。
schedule-fault = 这里看不懂“{ $word }”。
schedule-incomplete = 请说明内容和时间。
schedule-unknown = 这里没有定时消息 #{ $id }。
schedule-no-market = 没有永续合约 { $word }。
schedule-full = 一个聊天最多 { $n } 条定时消息。
schedule-edit = <b>#{ $id } { $kind }</b>
    { $when }。也可以写 <code>/schedule { $id } 21:00 静音</code>
schedule-ask-kind = <b>{ $kind }</b>：什么时候？

kind-post-funding = 资金费表
kind-post-movers = 涨跌榜
kind-post-extremes = 费率极值
kind-post-digest = 日报
when-daily = 每天 { $time }（{ $zone }）
when-days = { $days } { $time }（{ $zone }）
when-every = 每 { $span }
when-settlement = 每次结算前 { $lead }
when-settlement-of = { $symbol } 每次结算前 { $lead }
weekday-0 = 周一
weekday-1 = 周二
weekday-2 = 周三
weekday-3 = 周四
weekday-4 = 周五
weekday-5 = 周六
weekday-6 = 周日

button-post-add = ＋ { $kind }
button-post-edit = #{ $id } { $kind }
button-post-pause = ⏸ 暂停
button-post-resume = ▶ 恢复
button-post-delete = 🗑 删除
button-post-silent = 🔕 静音
button-post-on = 🔔 响铃
command-schedule = 定时消息：资金费、涨跌、日报
menu-schedule = 定时消息
