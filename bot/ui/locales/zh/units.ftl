### 单位、时间与各卡片共用的词。

unit-bps = { $value } 个基点
rate-per = 每 { $interval } { $rate }（年化 { $apr }）
time-pattern = M月d日 HH:mm:ss
clock-pattern = HH:mm
duration-days = { $n } 天
duration-hours = { $n } 小时
duration-minutes = { $n } 分钟
duration-seconds = { $n } 秒

language-name = 简体中文
page-of = 第 { $page } 页，共 { $pages } 页

action-long = 做多
action-short = 做空
action-buy = 买入
action-sell = 卖出
action-exit = { $kind ->
    [tp] 止盈：{ $side }
   *[sl] 止损：{ $side }
 }
action-close-long = 平多
action-close-short = 平空
action-reduce-long = 减多
action-reduce-short = 减空

kind-market = 市价
kind-limit = 限价 { $price }
kind-stop-market = 触发价 { $trigger }，触发后市价成交
kind-stop-limit = 触发价 { $trigger }，触发后挂限价 { $price }
flag-post-only = 只挂单
flag-reduce-only = 只减仓

button-confirm = ✅ { $action } { $size } { $symbol }
button-cancel = 取消
button-back = ‹ 返回
button-previous = ‹ 上一页
button-next = 下一页 ›
button-refresh = 刷新
button-again = 重新预览
button-use-mend = ▸ { $line }
