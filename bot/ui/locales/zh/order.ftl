### 单个订单的卡片：从点击确认到结束。

order-what = { $action } { $size } { $symbol }
order-sending = ⏳ <b>发送中</b> · { $order }
order-unknown = ❓ <b>尚无回应</b> · { $order }
    正在向交易所查询，请勿重复下单。
order-unknown-maintenance = 🛠 <b>Backpack 正在维护</b> · { $order }
    它回应说暂停服务，这笔订单多半没有下成。恢复后我会立即查询，请勿重复下单。
order-new = { $mark } <b>挂单中</b> · { $order }
order-trigger-pending = { $mark } <b>等待触发</b> · { $order }
order-partially-filled = { $mark } <b>已成交 { $percent }</b> · { $order }
order-filled = ✅ <b>已成交</b> · { $order }，均价 <b>{ $average }</b>
order-cancelled = <b>已撤单</b> · { $order }
order-cancelled-part = <b>成交 { $percent } 后撤单</b> · { $order }
order-expired = ⚠️ <b>未成交</b> · { $order }
order-expired-part = ⚠️ <b>成交 { $percent } 后失效</b> · { $order }
order-trigger-failed = ⛔ <b>触发失败</b> · { $order }
    价格已到，但订单未能挂出。如果这是止损，仓位现在没有保护，请立即处理。
order-rejected = ⛔ <b>被拒绝</b> · { $order }
order-not-placed = <b>未下单</b> · { $order }
    交易所没有收到，也不会再收到。什么都没有发生，可以放心重新下单。

order-resized = Backpack 已随仓位缩小该订单，你原本下的是 { $asked }。
order-unknowable = ❓ <b>结果不明</b> · { $order }
    一直没有回应，而用来查询的密钥已在这里销毁。重新下单前，请先在 Backpack 上核对。
order-unwatched = 👋 <b>留在 Backpack</b> · { $order }
    密钥在这里销毁时它还挂着，仍可能成交。我不再跟踪，请到 Backpack 上查看或撤单。
order-filled-so-far = 已成交 { $executed } / { $total }，均价 { $average }
order-filled-open-end = 已成交 { $executed }，均价 { $average }
order-nothing-filled = 没有任何成交。
order-value = 成交额 { $value } · 手续费 { $fee }
order-value-fee-pending = 成交额 { $value } · 手续费稍后更新
order-rebate = 成交额 { $value } · 返佣 { $fee }
order-take-profit = 止盈 { $price }
order-stop-loss = 止损 { $price }
order-footer = 订单 <code>{ $code }</code> · { $account } · { $time }
button-cancel-order = 撤单 { $code }
button-positions = 持仓
button-orders = 挂单

order-detail-created = 创建于 { $time }
order-detail-updated = 更新于 { $time }
order-detail-exchange-id = 交易所订单号 <code>{ $id }</code>
order-detail-client-id = 客户端订单号 <code>{ $id }</code>

orders-title = <b>当前挂单：{ $count }</b> · { $account }
orders-odd = ⚠️ 无法读取的挂单：{ $count } 个。请在 backpack.exchange 查看。
orders-none = { $account } 没有挂单。
    发送 <code>long sol $200 at 140</code> 即可挂一个。
orders-row = { $mark } <b>{ $order }</b>
    { $kind } · <code>{ $code }</code>
orders-row-filled = 已成交 { $percent }
button-cancel-row = ✖ { $code } { $symbol }
button-cancel-all = 全部撤单

liquidation-notice = ⛔ <b>已强平：{ $order }，成交价 { $price }</b>
    保证金低于维持水平，交易所平掉了这部分仓位。账户 { $account }。请查看 /positions 和 /balance。
adl-notice = ⚠️ <b>自动减仓：{ $order }，成交价 { $price }</b>
    交易所用你的这部分仓位与被强平方对平，与你的保证金无关。账户 { $account }。你的止损数量可能偏大，请查看 /positions。
system-notice = ⚠️ <b>交易所代为平仓：{ $order }，成交价 { $price }</b>
    原因：{ $origin }。账户 { $account }。请查看 /positions。
origin-collateral-conversion = 抵押品被兑换
origin-settlement-autoclose = 合约已结算
origin-backstop-liquidity-provider = 由后备流动性提供方接管
late-surprise = ⚠️ <b>订单其实已成立</b> · { $order }
    之前告诉你这笔单没有下成，但交易所确有记录。如果你又下了一次，仓位可能翻倍：请查看 /positions。
exit-missing = ⛔ <b>{ $symbol } 没有{ $kind ->
    [tp] 止盈
   *[sl] 止损
  }</b> · 原定 { $price }
    交易所拒绝了它，这个仓位没有保护。{ $reason }
    请重新挂出或平仓。账户 { $account }。
key-refused = ⚠️ <b>无法得知 { $order } 的结果</b>
    Backpack 不再接受 { $account } 的密钥。{ $reason }
    请在 Backpack 上核对订单 <code>{ $code }</code>，不要盲目重下。如果密钥恢复，我会继续查询；如果已永久失效，请解绑。
exit-absent = ⛔ <b>{ $symbol } 没有{ $kind ->
    [tp] 止盈
   *[sl] 止损
  }</b> · 原定 { $price }
    订单 <code>{ $code }</code> 已成交，但 Backpack 上没有随单附带的那一笔；已查询两次。到那个价位，这个仓位不会自动平掉。
    请重新挂出或平仓。账户 { $account }。
exit-short = ⛔ <b>{ $symbol } 的{ $kind ->
    [tp] 止盈
   *[sl] 止损
  }只覆盖 { $covered } / { $needed }</b> · 价位 { $price }
    订单 <code>{ $code }</code> 已成交，但随单附带的那一笔没有随之增大；已向 Backpack 查询两次。
    请再挂一笔或平仓。账户 { $account }。
button-exit-retry = 以 { $price } 重新挂出
button-close-position = 平仓 { $symbol }

cancel-done = ✅ <b>已撤销 { $count } 个订单</b>
cancel-nothing = 没有可撤的订单。
cancel-row = { $order } · <code>{ $code }</code>
cancel-failed = ⛔ { $order } · <code>{ $code }</code>：{ $reason }
cancel-unknown = ❓ { $order } · <code>{ $code }</code>：尚无回应，正在查询。
cancel-all-question = <b>撤销 { $count } 个订单？</b>其中的止损和止盈也会一并撤销。账户 { $account }。
button-cancel-all-confirm = ✅ 撤销 { $count } 个订单
button-keep = 保留
cancel-bare-question = ⚠️ <b>撤销 { $count } 个订单？</b>其中有止损。账户 { $account }。
cancel-bare-row = • { $symbol } { $side ->
    [long] 多头
   *[short] 空头
  }：撤销后 <b>{ $size }</b> 没有止损。
cancel-bare-unread = • 无法读取仓位。其中每个触发单都可能在保护某个仓位。
button-keep-stops = 保留止损
button-keep-stops-others = 保留止损，撤销其余 { $count } 个
button-cancel-bare = ✅ 全部撤销：{ $count } 个订单
stop-gone = ⛔ <b>{ $symbol } 的止损不见了</b> · 原定 { $price }
    { $needed } { $side ->
    [long] 多头
   *[short] 空头
  }没有止损。已向 Backpack 查询两次：到那个价位不会再自动平仓，无论是谁撤掉的。
    请重新挂出或平仓。账户 { $account }。
stop-gone-part = ⛔ <b>{ $symbol } { $side ->
    [long] 多头
   *[short] 空头
  }的止损只覆盖 { $covered } / { $needed }</b>
    其余没有止损；已向 Backpack 查询两次。
    请以 { $price } 再挂一笔或平仓。账户 { $account }。
order-ended-with = 随该仓位一并结束的订单：{ $count } 个。
closed-also = 另有 { $order }，成交价 { $price }
orders-ended = <b>{ $symbol } 已平仓</b>，不是本聊天中的订单
    { $count } 个止损或止盈随之结束。账户 { $account }。
orders-ended-liquidation = ⚠️ <b>Backpack 为释放保证金结束了 { $count } 个挂单</b>
    保证金低于维持水平。账户 { $account }。请查看 /positions 和 /balance。
