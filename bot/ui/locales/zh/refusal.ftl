### Rucksack 自己拒绝的原因。正文说原因，.mend 说怎么办，.nearest 说最接近的可行值。

refusal-syntax = 这里看不懂“{ $word }”。
    .mend = 按“方向 币种 数量”写：<code>long sol $200 5x sl 3%</code>。更多：/help trade
refusal-missing-size = { $symbol } 要多少？
    .mend = 加上数量：<code>$200</code>、<code>0.5 sol</code> 或 <code>25%</code>。
refusal-missing-symbol = 哪个市场？
    .mend = 加上币种，例如 <code>sol</code>。
refusal-unknown-symbol = 没有叫“{ $symbol }”的市场。
    .mend = 请检查币种名。/price sol 可查看现有市场。
    .suggestions = 你是指 { $suggestions } 吗？
refusal-homoglyph = “{ $word }”含有看似拉丁字母的其他字符。
    .mend = 请手动输入币种，不要粘贴。
refusal-ambiguous-number = { $number } 有几种读法，我不猜，请你选。
    .mend = 金额加 <code>$</code>，数量写币名，杠杆加 <code>x</code>，价格前写 <code>at</code>。
refusal-two-numbers = 两个数字一个是价格、一个是数量，这里我分不清。
    .mend = 价格前写 <code>at</code>，金额加 <code>$</code>，数量写币名。
refusal-two-numbers-joined = { $number } 可能是一个数字，也可能是价格和数量：我分不清。
    .mend = 千位之间不要写空格，价格前写 <code>at</code>。
refusal-price-range = { $low } 到 { $high } 是两个价格，而一笔订单只有一个。
    .mend = 请选择限价，或分成两笔订单。
refusal-price-range-between = { $low } 到 { $high } 是两个价格，而一笔订单只有一个。{ $symbol } 现价 { $market }，正在两者之间。
    .mend = 请选择限价。市价已经越过的那一端会立即成交。
refusal-missing-price = 只挂单必须写价格。
    .mend = 给 { $symbol } 加上 <code>at</code> 和价格，或去掉 <code>post</code>。
refusal-number-too-large = “{ $word }”不是订单能用的数字。
    .mend = 小数点前最多 15 位。
refusal-too-long = 一行最多 { $limit } 个字符。
    .mend = 每行只写一笔单。
refusal-unsupported = 不支持：{ $feature }。
    .mend = /help 列出目前可用的功能。

refusal-below-min-quantity = { $quantity } 低于该市场的最小数量 { $minimum }。
    .mend = 请加大数量。
    .nearest = 最小可下 { $nearest }。
refusal-too-small-to-close = 你持有 { $quantity }，小于该市场的最小下单量 { $minimum }。
    .mend = 没有订单能平掉它。请在 backpack.exchange 平仓，或先加仓。
refusal-unread-positions = 有 { $count } 个仓位无法读取，要处理的仓位可能就在其中，因此未发送任何订单。
    .mend = 请重新发送该指令；若仍如此，请在 backpack.exchange 操作。
refusal-above-max-quantity = { $quantity } 超过该市场的最大数量 { $maximum }。
    .mend = 请减小数量或分多笔下单。
    .nearest = 最大可下 { $nearest }。
refusal-price-out-of-band = { $price } 超出交易所的价格区间 { $low } 至 { $high }。
    .mend = 请选择区间内的价格。
    .nearest = 最接近的可用价格是 { $nearest }。
refusal-market-closed = { $symbol } 目前不接受这类订单，盘口状态为 { $state }。
    .mend = { $state ->
        [CancelOnly] 开放前只能撤单：/orders。你的仓位和止损保持不变。
        [PostOnly] 开放前只接受只挂单（post）的限价单和撤单：请写明价格和 <code>post</code>。
        [LimitOnly] 开放前只接受限价单和撤单：请写明价格。
       *[other] 等市场开放后再试。/price { $symbol } 可查看状态。
    }
refusal-market-gone = { $symbol } 已不在 Backpack 的市场列表中。
    .mend = 如果你仍持有，可在 /positions 查看并平仓。重新上架后即可照常使用。
refusal-no-perp = Backpack 没有 { $symbol } 永续合约。
    .mend = 可用 /buy 或 /sell 交易现货。
refusal-no-spot = Backpack 没有 { $symbol } 现货市场。
    .mend = 可用 /long 或 /short 交易永续合约。
refusal-empty-book = { $symbol } 盘口没有对手单。
    .mend = 用 <code>at</code> 加价格挂限价单。
refusal-thin-book = 盘口到 { $bound } 为止只有 { $available }。
    .mend = 请减小数量，或用 <code>at</code> 加价格挂限价单。
refusal-post-only-would-take = 只挂单在 { $price } 会立即成交。
    .mend = 把价格移离市价，或去掉 <code>post</code>。
    .nearest = 最接近且能挂住的价格是 { $nearest }。
refusal-wrong-side-stop = 止损 { $price } 在入场价 { $entry } 的错误一侧（{ $side ->
    [short] 空单
   *[long] 多单
  }）。
    .mend = 多单止损在入场价下方，空单在上方。
    .nearest = 你是指 { $nearest } 吗？
refusal-wrong-side-target = 止盈 { $price } 在入场价 { $entry } 的错误一侧（{ $side ->
    [short] 空单
   *[long] 多单
  }）。
    .mend = 多单止盈在入场价上方，空单在下方。
    .nearest = 你是指 { $nearest } 吗？
refusal-far-from-market = 入场价 { $price } 与市价 { $market } 相差 { $distance }。喊单最多允许相差 { $limit }。
    .mend = 如果确实要在该价位等待，请把 <code>@</code> 或 <code>entry</code> 换成 <code>at</code>。
refusal-open-interest-limit = 该市场的持仓量上限 { $limit } 已容不下这笔单。
    .mend = 请减小数量或稍后再试。
    .nearest = 目前可下：{ $nearest }。
refusal-position-limit = 这会超过你的仓位上限 { $limit }。
    .mend = 请减小数量，或先平掉一部分仓位。
    .nearest = 目前可下：{ $nearest }。

refusal-account-liquidating = 账户正在强平，交易所不接受新订单。
    .mend = 请等待结束，然后查看 /positions。
refusal-insufficient-margin = 需要保证金 { $required }，可用 { $available }。
    .mend = 请减小数量、平仓或充值。
    .nearest = 目前可下：{ $nearest }。
refusal-insufficient-balance = 需要 { $required }，可用 { $available }。
    .mend = 请减小数量，或撤掉占用资金的挂单。见 /balance。
    .nearest = 目前可下：{ $nearest }。
refusal-leverage-above-market = 该市场最高 { $maximum } 杠杆，不能用 { $asked }。
    .mend = 请用 { $maximum } 或更低。
refusal-leverage-above-account = 你的账户杠杆上限是 { $limit }，不能用 { $asked }。
    .mend = 请用 { $limit } 或更低。上限在 Backpack 设置中修改，会影响所有仓位。
refusal-leverage-on-spot = 现货没有杠杆。
    .mend = 做合约请用 /long 或 /short，或在币种后写 <code>-perp</code>。
refusal-no-position = { $symbol } 没有{ $side ->
    [long] 多仓
    [short] 空仓
   *[any] 仓位
  }。
    .mend = /positions 查看当前持仓。
refusal-no-position-any = 没有任何仓位。
    .mend = <code>long sol $200 sl 3%</code> 可以开一个。
refusal-several-positions = 哪个仓位？目前有 { $symbols }。
    .mend = 请写明币种。
refusal-short-spot = 你没有 { $symbol }：要在现货卖出，得先借币。
    .mend = 我不代你借币。要做空请走合约：/short。借币请在 Backpack 上操作。
refusal-spot-exits = 现货买单不能附带止盈止损，交易所只在合约上支持。没有发送任何订单。
    .mend = 先买入 { $symbol }，再单独挂止盈或止损；或改做合约。
refusal-reduce-on-spot = 只减仓仅适用于合约，现货没有。
    .mend = 去掉 <code>reduce</code>，或在币种后写 <code>-perp</code>。
refusal-no-order = 没有订单 { $id }。
    .mend = /orders 列出挂单及其编号。
refusal-no-order-in = { $symbol } 没有挂单。
    .mend = /orders 列出所有挂单。
refusal-no-order-any = 没有挂单。
    .mend = 例如 <code>long sol $200 at 140</code> 可以挂一单。

refusal-alert-holds = 条件现在已经满足：{ $symbol } 当前为 { $value }，设定值为 { $level }。
    .mend = 请设在另一侧，或用 <code>cross</code> 在其回穿时提醒。
refusal-alert-too-fine = 这个提醒太灵敏，会不停触发。
    .mend = 最小值为 { $least }。
refusal-armed-without-limit = 不再询问直接执行的计划需要一个上限。
    .mend = 请写明，例如 <code>then arm max $100 …</code>，或以美元给出数量。
refusal-too-many-alerts = 你已有 { $limit } 个提醒，已达上限。
    .mend = /alerts 可查看全部，请删除不再需要的提醒。

refusal-panic-alone = 紧急清仓必须单独发送，前后不能有其他指令。
    .mend = 请只发送 <code>panic</code>。
refusal-no-card = 不知道要重复哪一条指令。
    .mend = 请回复你自己的预览或订单，发送 <code>same</code>、<code>same 2x</code> 或 <code>same $300</code>。
refusal-closing-only = 你在这里只能平仓，不能开仓：运营者没有批准你，或已撤回批准。
    .mend = 仍可使用：/positions、/orders、/close、/tp、/sl、/cancel、/panic、/unlink、/forget。
refusal-not-your-card = 这张卡片属于别人。
    .mend = 请回复你自己的卡片，或写明币种。

refusal-no-account = 还没有绑定 Backpack 账户。
    .mend = /link，一分钟即可完成。
refusal-unknown-account = 没有叫“{ $label }”的账户。
    .mend = /accounts 列出你的账户。
refusal-label-too-long = 账户名最多 { $limit } 个字符；这个有 { $length } 个。
    .mend = 请换一个更短的：<code>/link hedge</code>
refusal-read-only-key = 这个密钥是只读的：能看，不能交易。
    .mend = 请绑定未勾选 <i>Read Only</i> 的密钥：/link
refusal-not-your-button = 这个按钮属于别人。
    .mend = 请发送你自己的指令，获取你自己的预览。
refusal-expired = 这个按钮已过期，没有发送任何订单。
    .mend = 请重新发送指令以获取最新价格。
refusal-used = 这个按钮已经用过。
    .mend = /orders 和 /positions 可查看结果。
refusal-price-moved = 价格从 { $was } 变为 { $now }，超过你设的 { $tolerance }，没有发送任何订单。
    .mend = 请查看新的预览。
refusal-stale-command = 这条指令已过去 { $age }，没有执行。
    .mend = 如果仍需要，请重新发送。
refusal-edited = 编辑消息不会修改或发送订单。
    .mend = 请作为新消息发送。
refusal-forwarded = 转发的消息不会触发交易。
    .mend = 请复制内容，自己发送。
refusal-anonymous = 无法确认你的身份：匿名管理员和频道没有账户。
    .mend = 请以本人身份发送，最好用私聊。
refusal-private-only = 此功能只能在私聊中使用。
    .mend = 点击我的名字打开私聊。
refusal-combination = 不能同时使用：{ $feature }。
    .mend = 请去掉其中一个。
refusal-expected = 此处可以写：{ $examples }
refusal-try = 试试：<code>{ $line }</code>
refusal-other = 已被拒绝（{ $code }）。
    .mend = /help 说明可用的功能。

## 权限与流量

failure = 我这边出错了。再次下单前请先查看 /orders。
    如果仍不行，请告诉管理员：<code>{ $reference }</code>
private-stub = 已发到我们的私聊。
private-stub-start = 你的数字只发到私聊。请先打开一次私聊，再问我。
button-open-private = 打开私聊

## 没有单位的数字

bare-question = <b>{ $number } 是什么意思？</b>
bare-question-near-price = <b>{ $number } 是什么意思？</b>它接近 { $symbol } 的价格，所以我不会擅自当作数量。
bare-note = 你的回答只用于这一笔。“总是”会设为开仓单的默认，可在 /settings 修改。
choice-always-base = 总是按币数
choice-always-quote = 总是按美元
choice-base = { $size } · { $money }
choice-quote = { $money } · { $size }
choice-leverage = { $leverage } 杠杆 · 数量另问
choice-price = 限价 { $price }
refusal-exit-stands = { $symbol } 在 { $price } 已有{ $kind ->
    [tp] 止盈
   *[sl] 止损
  }。
    .mend = 无需操作。可在 /orders 查看。
