### 分主题帮助。代码样式的例子可点击复制。

help-title = <b>帮助</b>
    直接输入交易：<code>long sol $200 5x sl 3%</code>。一定会先给你看预览。
help-unknown = 没有“{ $topic }”这个主题。现有主题：

topic-start = 入门
topic-link = 绑定
topic-trade = 下单
topic-size = 数量
topic-price = 价格
topic-exits = 止盈止损
topic-close = 平仓
topic-cancel = 撤单
topic-alerts = 提醒
topic-accounts = 账户
topic-settings = 设置
topic-safety = 安全
topic-groups = 群组

help-start = <b>入门</b>
    1. 用 /link 绑定 Backpack 账户，约一分钟。
    2. 输入 <code>long sol $200 5x sl 3%</code>。
    3. 核对预览，一分钟内点 ✅ 按钮确认。成交后会收到消息。

    所有命令都有按钮：/start → 菜单。
help-link = <b>绑定账户</b>
    /link 会生成密钥对并显示公钥。在 Backpack：Settings（设置）→ API Keys → New API Key，粘贴到 <b>Public Key</b>，不要勾选 <b>Read Only</b>，保存后在这里点“完成”。
    如果页面提供 IP 白名单，请加入机器人的地址。免双重验证的提现地址列表请保持为空。

    私钥从不传输。也可以粘贴已有私钥，仅限私聊。
help-trade = <b>下单</b>
    先写方向、币种、数量，其余顺序随意。
    <code>long sol $200 5x sl 3%</code>（做多）
    <code>short eth $500 at 2650 sl 2700 tp 2500</code>（做空）
    <code>buy sol $100</code>（买现货）
    <code>sell sol 25%</code>（卖现货，或减少多仓）

    <b>long</b>、<b>short</b> 指永续合约；<b>buy</b>、<b>sell</b> 指现货，除非加上杠杆、<code>reduce</code> 或 <code>-perp</code>。
    杠杆只用来算订单大小，全账户上限在 Backpack 设置。
help-size = <b>数量</b>
    <code>$200</code> 金额 · <code>0.5 sol</code> 或 <code>qty 0.5</code> 币数 · <code>25%</code> 可用资金的比例 · <code>all</code> 全部
    平仓时，<code>25%</code> 和 <code>half</code> 指仓位的比例。

    没有单位的数字会先问你，也可在 /settings 设默认。数量在预览前已按最小步长向下取整。
help-price = <b>价格</b>
    不写价格就是市价，滑点上限见 /settings。
    <code>at 142.5</code> 限价 · <code>at 1%</code> 比最新价优 1% · <code>at -1%</code> 最新价下方 1%
    <code>post</code> 只挂单 · <code>ioc</code> 立即成交否则取消 · <code>fok</code> 全部成交否则取消
    <code>trigger 150</code> 到 150 触发，再以市价成交
    <code>slip 0.3%</code> 本单滑点上限
help-exits = <b>止盈与止损</b>
    随单附带：<code>long sol $200 sl 3% tp 6%</code>
    给已有仓位：<code>sl sol 139</code>、<code>tp sol 5%</code>
    百分比指相对入场价的涨跌；加 <code>roi</code> 则指保证金回报。

    它们挂在交易所，机器人离线也照样保护你。方向错误的止损会被拒绝。如果承诺的止损被交易所拒绝，你会收到警报。
help-close = <b>平仓</b>
    <code>close sol</code> · <code>close half</code> · <code>close sol 25%</code>
    <code>close longs</code> 平多 · <code>close shorts</code> 平空 · <code>close all</code> 全平

    平仓单只减仓，绝不会反向开仓。
    /panic 撤掉全部订单并平掉全部仓位，需点两次。
help-cancel = <b>撤单</b>
    <code>cancel 8F2K</code> 撤一单 · <code>cancel sol</code> 撤该市场全部
    <code>cancel buys</code> 撤买单 · <code>cancel sells</code> 撤卖单 · /cancelall 全撤

    /orders 列出当前挂单，止损和止盈也算挂单。
help-alerts = <b>提醒</b>
    <code>提醒 sol 高于 160</code> · <code>提醒 sol 标记价 低于 140</code> · <code>提醒 eth 15分钟 涨跌 3%</code>
    <code>提醒 sol 追踪 5%</code> · <code>提醒 btc 资金费率 高于 30% 年化</code> · <code>提醒 sol 资金费率 翻转</code>
    <code>提醒 sol 资金费率 结算前 10分钟</code> · <code>提醒 btc 持仓量 上涨 10% 1小时</code> · <code>提醒 btc 爆仓 超过 10万美元</code>
    我的：<code>提醒 成交</code> · <code>提醒 强平距离 20/10/5%</code> · <code>提醒 保证金率 低于 20%</code> · <code>提醒 sol 盈亏 低于 -10%</code>
    市场：<code>提醒 上架</code> · <code>提醒 停牌 sol</code>

    后面可加：<code>每1小时</code>、<code>重复</code>、<code>有效期 2天</code>、<code>标签 "抄底"</code>、<code>私聊</code>、<code>静音</code>。
    带计划：<code>提醒 sol 高于 160 然后 做多 sol 200美元 止损 3%</code>。触发时给出最新预览和一个确认按钮。<code>然后 自动 最多 300美元 …</code> 则在该上限内不再询问直接执行。

    提醒在哪里设，就在哪里说；与您账户有关的总是发到私聊。/alerts 列出全部。若触发时我不在，消息会写明迟了多久；/missed 列出这些。
help-accounts = <b>账户</b>
    /accounts 查看账户并设默认，/unlink 解绑。
    只用于一笔单：<code>long sol $200 on main</code>

    预览总会写明账户。/forget 会清除你在这里的密钥和数据，仓位仍留在 Backpack。
help-settings = <b>设置</b>
    /settings：数字的默认含义、滑点上限、核价、确认方式、免打扰时段、语言、时区。

    免打扰时段内，成交、强平和警报照常发送，能等的消息不响铃。
help-safety = <b>安全</b>
    • 本机器人不能提现或转账，根本没有这样的代码。
    • 每笔单都有预览；点一次确认，最多下一单。
    • “尚无回应”表示：请勿重复下单，我会查明并告诉你。
    • 编辑、转发和过时的消息绝不会触发交易。
    • 没有人会向你要私钥。随时可以撤销密钥：Backpack → Settings（设置）→ API Keys。
help-groups = <b>群组</b>
    权限只属于你自己：你的密钥、你的按钮，别人点了无效。
    你的资产和成交只发到私聊，群里只看到一句提示。
    /lang 设置群组的语言，仅限管理员。私聊仍用你自己的语言。
    不要发送私钥。万一发了，请立即撤销该密钥。
