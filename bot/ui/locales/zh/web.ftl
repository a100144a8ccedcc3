### 运营者的网页，以及打开它的命令。

web-pages = 页面
web-tab-overview = 总览
web-tab-users = 用户
web-tab-statements = 结算单
web-tab-payouts = 返佣到账
web-tab-health = 运行状况
web-leave = 退出
web-outside-title = 此页面仅供运营者使用
web-outside = 请在私聊中向机器人发送 /dashboard。它会回复一个链接，五分钟内可打开本页一次。
web-missing-title = 没有这个页面
web-missing = 返回总览
web-trouble-title = 数据库没有响应
web-trouble = 请稍后刷新。若一直如此，rucksack doctor 会说明原因。
web-door-title = 控制台
web-door = 此链接只能使用一次，可在本浏览器中打开本页十二小时。页面上的内容均为只读。
web-door-button = 打开

web-orders = 最近 24 小时的订单
web-messages = 最近 24 小时的消息
web-in-doubt = 目前结果未明
web-in-doubt-none = 没有结果未明的订单
web-in-doubt-since = 最早的一笔已 { $age }
web-waiting = 等待发送
web-waiting-none = 没有等待的消息
web-waiting-since = 最早的一条已 { $age }
web-refused = Telegram 拒绝了最近一条：{ $error }
web-state = 状态
web-count = 数量
web-none = 无
web-order-state = { $state ->
    [sending] 发送中
    [unknown] 结果未明，查询中
    [new] 挂单中
    [trigger_pending] 等待触发
    [partially_filled] 部分成交
    [filled] 已成交
    [cancelled] 已撤销
    [expired] 已过期
    [trigger_failed] 触发失败
    [rejected] 被交易所拒绝
    [not_placed] 未下单
   *[unknowable] 无法得知：密钥已销毁
  }
web-message-state = { $state ->
    [pending] 等待中
    [sending] 发送中
    [sent] 已发送
    [superseded] 已被更新的消息取代
    [dead] 被 Telegram 拒绝
    [gathered] 留待汇总
   *[suppressed] 已关闭
  }
web-checks = 每夜核对与标签检查
web-checks-none = 尚未核对。核对每夜进行。
web-check-day = 日期
web-check-account = 账户
web-check-outcome = 结果
web-check-equal = 一致
web-check-tagged = 标记一致
web-check-missing = 此处缺少成交，已补上
web-check-unknown-to-exchange = 交易所不认识的成交
web-check-different = 成交不一致
web-check-unreachable = 未比对
web-check-untagged = 未带标记的订单
web-check-tag-difference = 带标记订单与账本不一致

web-month = { $month }
web-alarms = 有情况需要查看
web-alarms-more = { $n } 项核对发现差异
web-volume = API 交易量
web-before = 上月 { $amount }
web-payout = 预计返佣
web-payout-tier = { $tier }，手续费的 { $share }
web-projected = 全月预测
web-other-basis = 若等级按另一方式确定
web-basis-previous = 按上月交易量
web-basis-month = 按当月交易量
web-fees = 计入返佣的手续费
web-users = 交易用户
web-users-new = 其中新用户：{ $n }
web-next-tier = 距 { $tier } 还差 { $missing }
web-next-worth = 达到后，每月返佣增加 { $worth }。
web-open-questions = 尚未确定
web-affiliate-cost = 若所有推荐关系未知的用户都按标准 10% 返佣，则减少 { $amount }。
web-contingent = 若止盈止损单保留开仓单的标签，则增加 { $amount }。
web-unpriced = 尚无美元价格、暂按零计的手续费：{ $fees }，共 { $n } 笔成交。
web-unbooked = 尚未入账的成交：{ $n }
web-volume-by-day = 每日 API 交易量（UTC）
web-payout-by-day = 每日预计返佣（UTC）
web-by-market = 按市场
web-by-user = 按用户
web-by-group = 按群组
web-by-role = 挂单与吃单
web-by-tier = 按入账时等级
web-by-standing = 计入与不计入
web-by-day = 按日
web-column-volume = 交易量
web-column-fees = 手续费
web-column-payout = 返佣
web-total = 合计
web-left-out = 其余 { $n } 行见月度汇总文件。
web-private = 私聊
web-maker = 挂单
web-taker = 吃单
web-standing = { $standing ->
    [tagged] 带标签的订单
    [exit] 交易所为其生成的止盈止损
    [untagged] 未带标签发出
    [elsewhere] 在别处下单
   *[system] 强平等系统成交
  }
web-users-of = { $month } 的用户
web-users-privacy = 仅显示交易量与手续费：运营者永远看不到密钥、余额和持仓。
web-expected = 预计
web-paid = 已支付
web-payouts-none = 尚未记录返佣到账。到账后向机器人发送 /payout 2026-10 1234.56，或发送其文件。
web-statements-of = { $month } 的结算单
web-statements-none = 本月尚无签名的结算单。结算单在次月一日关账时生成。

dashboard-link = <b>你的控制台</b>
    { $url }
    链接五分钟内有效，只能使用一次。请在能访问该地址的设备上打开：默认只限机器人所在的机器。
button-dashboard = 打开控制台
dashboard-off = 控制台没有运行：DASHBOARD_PORT 已关闭，或端口被占用，详见日志。
