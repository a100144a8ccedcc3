### How loud a chat is.

noise-title = <b>哪些消息要响？</b>
noise-title-topic = <b>本话题里哪些消息要响？</b>
noise-line = { $mark } { $event }：{ $volume }
noise-quiet = 免打扰：{ $from }–{ $to }（{ $zone }）；期间的消息不响铃
noise-quiet-off = 免打扰：关
noise-gathered = 等待日报：{ $n }
noise-urgent = 强平、止损止盈缺失、密钥故障在这里可以静音，但不能关闭。
noise-saved = ✅ 已保存：{ $event }。
noise-question = <b>{ $event }</b>：要多响？
noise-digest-hint = “放入日报”会攒到本聊天的每日日报里。
noise-admins-only = 只有本群管理员可以修改。
noise-quiet-title = <b>本群的免打扰时段</b>
noise-zone-title = <b>本群的时区</b>
noise-language-title = <b>本群定时消息的语言</b>

volume-on = 响铃
volume-silent = 静音
volume-digest = 放入日报
volume-off = 关闭

event-fill = 成交
event-order = 订单变化
event-exit = 止损止盈
event-liquidation = 强平
event-exit-missing = 止损止盈缺失
event-key = 密钥故障
event-alert = 提醒
event-funding = 资金费播报
event-market = 行情播报
event-digest = 日报
event-operator = 运营通知

chat-lost = ⚠️ { $kind ->
    [group] 群 { $place } 已无法送达。
   *[person] 用户（{ $place }）已无法送达。
  }
    Telegram 的说法：{ $reason }。在那里有人说话之前，不再向 <code>{ $id }</code> 发送。
button-setting-noise = 🔔 通知
command-noise = 这里哪些消息要响
menu-noise = 通知
