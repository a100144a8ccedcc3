### 提醒：监视什么、发生了什么，以及相关按钮。

# --- 监视什么：每一种一句话 ---

alert-price = { $symbol } { $source ->
    [mark] 标记价
    [index] 指数价
   *[last] 价格
 }{ $trend ->
    [up] 高于
    [down] 低于
   *[either] 穿过
 } { $level }
alert-move = { $symbol } { $source ->
    [mark] 标记价
    [index] 指数价
   *[last] 价格
 } { $window }内{ $trend ->
    [up] 上涨
    [down] 下跌
   *[either] 涨跌
 } { $percent }
alert-trail = { $symbol } { $source ->
    [mark] 标记价
    [index] 指数价
   *[last] 价格
 }{ $trend ->
    [up] 高出
    [down] 低于
   *[either] 偏离
 }{ $anchor ->
    [high] 最高价
    [low] 最低价
    [now] 当时价格
   *[other] { $anchor }
 } { $percent }
alert-funding = { $symbol } 资金费率{ $trend ->
    [up] 高于
    [down] 低于
   *[either] 穿过
 } { $percent }（{ $unit ->
    [year] 年化
    [hour] 每小时
    [span] 每 { $interval }
    [eight] 每 8 小时
   *[interval] 每期
 }）
alert-flip = { $symbol } 资金费率{ $trend ->
    [up] 转正
    [down] 转负
   *[either] 变号
 }
alert-extreme = { $symbol } 资金费率处于近 30 天极端
alert-soon = { $symbol } 距资金费结算 { $lead }
alert-cost = { $symbol }：下次资金费我要付 { $amount } 或更多
alert-activity = { $symbol } { $activity ->
    [oi] 持仓量
   *[volume] 成交量
 } { $window }内{ $trend ->
    [up] 增加
    [down] 减少
   *[either] 变化
 } { $percent }
alert-spread = { $symbol } 买卖价差高于 { $percent }
alert-basis = { $symbol } 标记价相对指数价{ $trend ->
    [up] 高于
    [down] 低于
   *[either] 穿过
 } { $percent }
alert-liquidation = { $symbol } 强平 { $amount } 或更大
alert-fill = { $symbol }：我的订单成交
alert-margin = 我的保证金率低于 { $percent }
alert-distance = { $symbol }：距强平价不足 { $percents }
alert-profit = { $symbol } 盈亏{ $trend ->
    [up] 高于
    [down] 低于
   *[either] 穿过
 } { $level }
alert-news = { $symbol } { $kind ->
    [listed] 上架
    [delisted] 下架
   *[halted] 停牌或恢复
 }
alert-key = 我的 API 密钥出现问题
alert-any-market = 任意市场
alert-any-perp = 任意永续
alert-all-positions = 全部持仓

# --- 触发了 ---

alert-fired = 🔔 <b>{ $what }</b>
alert-fired-labelled = 🔔 <b>{ $label }</b>：{ $what }
alert-fired-value = <b>{ $value }</b>，{ $time }
alert-fired-time = { $time }
alert-fired-late = ⏱ { $known ->
    [most] 最多迟了
   *[exactly] 迟了
 } { $late }：当时无法监视。
alert-fact-fill = { $side ->
    [buy] 买入
   *[sell] 卖出
 } { $size }，价格 <b>{ $price }</b>
alert-value-move = { $window }内 { $moved }
alert-value-year = 年化 { $rate }
alert-value-basis = 指数价的 { $percent }
alert-value-spread = 中间价的 { $percent }
alert-value-margin = 保证金率 { $percent }
alert-value-distance = 还差 { $percent }
alert-value-return = 保证金的 { $percent }
alert-fact-flip = { $how ->
    [settled] 以结算为准：这一费率已经支付。
   *[beyond] 尚未结算，但已明显越过零：年化超过 { $band }。
 }
alert-fact-key = { $account }：{ $what ->
    [stream] 交易所拒绝其实时数据流。
   *[key] 交易所不再接受其密钥。
 }
alert-fact-state = { $before } → <b>{ $after }</b>
alert-plan-coming = 计划：<code>{ $line }</code>
alert-plan-armed = ⚡ 计划，不再询问直接执行：<code>{ $line }</code>
alert-plan-refused = 计划 <code>{ $line }</code> 现在无法预览：
alert-plan-done = ⚡ 已按您的授权直接下单：{ $order }，账户 { $account }
alert-plan-asks = ⚡ 未直接下单：{ $reason }请自行确认：
alert-plan-too-late = 触发已过去 { $late }。
alert-plan-above-limit = { $notional } 超过上限 { $limit }。
alert-plan-no-limit = 没有设定上限。

# --- 建立、列表、修改 ---

alert-holds = <b>条件现在已经满足</b>：{ $what }
alert-holds-now = 现在：<b>{ $value }</b>
alert-holds-others = 另有 { $n } 个也已满足。
alert-holds-when = 什么时候通知你？
button-alert-true-now = 现在就通知
button-alert-true-again = 下次再满足时
alert-made = 🔔 <b>已设提醒</b>：{ $what }
alert-proposed = <b>保存此提醒？</b>
    { $what }
alert-armed-question = ⚡ 触发时计划<b>不再询问</b>直接执行，上限 { $limit }。
alert-armed-close = ⚡ 触发时计划<b>不再询问</b>直接执行。
alert-now = 现价 { $price }：还差 { $distance }
alert-replay = 过去 { $days } 天：{ $count ->
    [0] 不会触发
   *[other] 会触发 { $count } 次
 }
alert-replay-none = 这种提醒没有历史可供回放。
alert-option-once = 一次
alert-option-repeat = 每次，最多每分钟一次
alert-option-every = 最多每 { $span } 一次
alert-option-lifetime = 有效 { $span }
alert-option-silent = 静音
alert-option-muted = 不发消息
alert-option-private = 发到私聊
alert-undone = 已撤销：{ $what }
alert-deleted = 已删除：{ $what }
alert-paused = ⏸ { $what }
alert-held-back = 🔔 最近一分钟你的提醒还触发了 { $count } 次，
    数量过多，不再逐条发送。请加长间隔（<code>cooldown 1h</code>）、放宽条件，或删除一些提醒。
alert-market-gone = 🔕 <b>{ $symbol } 已不在 Backpack 的市场列表中。</b>
    { $count } 个相关提醒已暂停：
alert-market-gone-more = …… 另有 { $count } 个
alert-market-gone-mend = 可以删除，或等它重新上架后恢复。
alert-gone = 该提醒已结束。
alert-title = <b>提醒</b>（{ $count }）
alert-none = <b>提醒</b>
    还没有。例如 <code>提醒 sol 高于 160</code> 或 <code>提醒 eth 15分钟 涨跌 3%</code>。
alert-row = { $state ->
    [paused] ⏸
   *[armed] 🔔
 } { $number }. { $what }
alert-row-labelled = { $state ->
    [paused] ⏸
   *[armed] 🔔
 } { $number }. <b>{ $label }</b>：{ $what }
alert-fired-times = { $count ->
    [one] 已触发一次，{ $time }
   *[other] 已触发 { $count } 次，最近 { $time }
 }
alert-edit = <b>修改</b>：{ $what }
    点一个幅度，或输入新的数值，或输入整条提醒。
alert-missed = <b>最近 { $days } 天迟到的提醒</b>
alert-missed-none = 最近 { $days } 天没有迟到的提醒。
alert-missed-row = { $time } · { $what } · 迟了 { $late }

button-alert-undo = 撤销
button-alert-again = 再来一次
button-alert-delete = 删除
button-alert-pause = 暂停
button-alert-resume = 恢复
button-alert-edit = 修改
button-alert-replay = 30 天
button-alert-price = 价格
button-alert-save = ✅ 保存
button-alert-new = 新提醒
button-alert-list = 提醒
button-alert-missed = 迟到的

# --- 按钮操作 ---

ask-alert-symbol = <b>新提醒</b>：关于什么？
ask-alert-kind = <b>{ $symbol }</b>：发生什么？
    也可直接输入：<code>&gt; 160</code>、<code>15分钟 涨跌 3%</code>。
ask-alert-account = <b>我的账户</b>：发生什么？
ask-alert-market = <b>全部市场</b>：发生什么？
ask-alert-price = <b>{ $symbol }</b>，现价 { $price }：哪个价位？
    点选或输入价格。
ask-alert-value = <b>{ $what }</b>：多少？
    点选或输入。
ask-alert-window = <b>{ $what }</b>：在多长时间内？
ask-alert-rhythm = <b>{ $what }</b>：提醒几次？
option-alert-account = 我的账户
option-alert-market = 全部市场
option-alert-above = 价格高于
option-alert-below = 价格低于
option-alert-moves = 涨跌
option-alert-trail = 追踪
option-alert-funding = 资金费率高于
option-alert-flips = 资金费率变号
option-alert-extreme = 资金费率极端
option-alert-soon = 结算前
option-alert-oi = 持仓量
option-alert-volume = 成交量
option-alert-spread = 价差
option-alert-basis = 基差
option-alert-liquidation = 强平
option-alert-fill = 我的成交
option-alert-pnl = 我的盈亏
option-alert-liq = 强平距离
option-alert-margin = 保证金率
option-alert-cost = 资金费用
option-alert-key = 密钥问题
option-alert-listing = 上架
option-alert-delisting = 下架
option-alert-halt = 停牌
option-alert-once = 一次
option-alert-repeat = 每次
option-alert-hourly = 最多每小时
option-alert-daily = 最多每天
