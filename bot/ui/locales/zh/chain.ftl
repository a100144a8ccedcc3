### 一次确认的多条指令，以及每一步的结果。

chain-title = <b>共 { $count } 步</b>，依次发送
chain-step = { $number }. { $what }
chain-cancel = 撤销 { $count } 个订单
chain-cancel-none = 撤单：目前没有对应的挂单
chain-at = { $order }，价格 { $price }
chain-total = 手续费合计 { $fee }。若某一步失败，后面的步骤不会发送。
button-chain = ✅ 发送 { $count } 步 · { $notional }
offer-chain = { $count } 步指令

chain-done = ✅ <b>{ $count } 步全部完成</b>
chain-stopped = ⚠️ <b>已停止：{ $count } 步中完成 { $done } 步</b>
chain-interrupted = 期间我重启过，所以其余步骤没有发送。
chain-ok = ✅ { $what }
chain-failed = ⛔ { $what }
chain-unknown = ❓ { $what }：尚无回应，正在查询。请勿重复发送。
chain-unsent = 未发送：{ $what }
chain-not-placed = 交易所没有收到
chain-rest = 其余步骤不会自动发送。
button-chain-rest = ▸ 预览未发送的步骤
chain-stays = 🛡 保持不变：{ $order }
