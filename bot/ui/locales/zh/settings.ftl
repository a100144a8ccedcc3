### 用户可调整的设置。

settings-title = <b>设置</b>
settings-size = 开仓单里没有单位的数字：{ $meaning ->
    [quote] 按美元
    [base] 按币数
   *[ask] 每次都问
  }
settings-slippage = 滑点上限：{ $percent }
settings-tolerance = 点击时核价：变差超过 { $percent } 就重新预览
settings-confirm-always = 确认方式：每笔都确认
settings-confirm-below = 确认方式：超过 { $limit } 才确认，以下直接下单
settings-quiet = 免打扰：{ $from }–{ $to }（{ $zone }）
settings-quiet-off = 免打扰：关闭
settings-language = 语言：简体中文
settings-zone = 时区：{ $zone }
settings-account = 默认账户：{ $account }
settings-named = { $named ->
        [yes] 群对账单显示你的 Telegram ID
       *[no] 群对账单显示化名
    }
settings-saved = ✅ 已保存。{ $line }

setting-size-title = <b>没有单位的数字是什么意思？</b>例如 <code>long sol 20</code>。平仓总是按币数。
setting-slippage-title = <b>市价单滑点上限</b>
    市价单的成交价不会比这更差。
setting-tolerance-title = <b>点击时核价</b>
    如果价格比预览时变差超过这个幅度，会给你新的预览。
setting-confirm-title = <b>何时需要确认</b>
    低于限额的订单不经确认直接发送。建议先保持每笔确认。
setting-named-title = <b>对账单署名</b>
    你所在的群若分享返佣，群主每月会收到对账单，列出每位成员的成交额。可以在化名旁显示你的 Telegram ID 吗？
setting-quiet-title = <b>免打扰时段</b>
    成交、强平和警报照常发送。
setting-zone-title = <b>时区</b>

button-setting-size = 数字含义
button-setting-slippage = 滑点
button-setting-tolerance = 核价
button-setting-confirm = 确认方式
button-setting-quiet = 免打扰
button-setting-language = 语言
button-setting-zone = 时区
button-setting-account = 账户
button-setting-named = 对账单署名
option-named-no = 化名
option-named-yes = 显示我的 ID
option-size-ask = 每次都问
option-size-quote = 美元
option-size-base = 币数
option-confirm-always = 每笔都确认
option-confirm-below = 超过 { $value } 才确认
option-quiet-off = 关闭
option-plain = { $value }
option-chosen = ● { $label }
