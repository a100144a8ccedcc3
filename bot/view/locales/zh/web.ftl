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

dashboard-link = <b>你的控制台</b>
    <code>{ $url }</code>
    链接五分钟内有效，只能使用一次。请在能访问该地址的设备上打开：默认只限机器人所在的机器。
dashboard-off = 控制台没有运行：DASHBOARD_PORT 已关闭，或端口被占用，详见日志。
