### 第一分钟：这是什么、风险提示、语言、菜单。

start-title = <b>Rucksack：聊天里的 Backpack 交易台</b>
    输入一笔交易，核对预览，点 ✅ 确认。点一次只下一单。
start-demo = <b>这是演示。</b>交易所是沙盒，资金不是真的。
start-risk = 杠杆交易可能亏光全部本金。本机器人不提供投资建议。
start-custody = 它不能提现，也不能转账。你的密钥只能交易。
start-linked = 试试 <code>long sol $200 5x sl 3%</code>：会先给你看预览。
start-unlinked = 请先绑定 Backpack 账户，大约一分钟。
button-link = 绑定 Backpack 账户
button-try = 预览：{ $line }
button-help = 帮助
button-language = 语言 / Language
button-menu = 菜单
language-question = <b>选择语言</b>
language-set = 语言：简体中文。
menu-title = <b>菜单</b>
    也可以直接输入：<code>long sol $200 5x sl 3%</code>
menu-trade-title = <b>交易</b>
menu-orders-title = <b>挂单与止盈止损</b>
menu-market-title = <b>行情</b>
menu-account-title = <b>账户</b>

menu-long = 🟢 做多
menu-short = 🔴 做空
menu-buy = 🟢 买入现货
menu-sell = 🔴 卖出现货
menu-trade = 交易
menu-manage = 订单
menu-market = 行情
menu-account = 账户
menu-positions = 持仓
menu-orders = 当前挂单
menu-order = 查订单
menu-balance = 资产
menu-price = 价格
menu-book = 盘口
menu-alert = 新提醒
menu-alerts = 🔔 提醒
menu-missed = 迟到的
menu-fees = 费率
menu-accounts = 账户列表
menu-link = 绑定
menu-unlink = 解绑
menu-forget = 清除我的数据
menu-settings = 设置
menu-help = 帮助
menu-start = 首页
menu-close = 平仓
menu-tp = 止盈
menu-sl = 止损
menu-cancel = 撤单
menu-cancelall = 全部撤单
menu-panic = ⚠️ 紧急清仓

command-start = 介绍、语言、绑定账户
command-help = 分主题帮助
command-link = 绑定 Backpack 账户
command-accounts = 已绑定账户与默认账户
command-unlink = 解绑一个账户
command-forget = 清除我的密钥和数据
command-price = 价格与资金费率：/price sol
command-book = 盘口：/book sol
command-alert = 设提醒：/alert sol > 160
command-alerts = 提醒：列表、暂停、修改
command-missed = 迟到的提醒
command-balance = 权益、保证金、余额
command-positions = 持仓与盈亏
command-orders = 当前挂单
command-order = 查看订单：/order 8F2K
command-buy = 买入现货：/buy sol $200
command-sell = 卖出现货：/sell sol 25%
command-long = 做多：/long sol $200 5x sl 3%
command-short = 做空：/short eth $500 sl 2%
command-close = 平仓：/close sol、/close half
command-tp = 止盈：/tp sol 160
command-sl = 止损：/sl sol 3%
command-cancel = 撤单：/cancel 8F2K 或 /cancel sol
command-cancelall = 撤销全部挂单
command-fees = 你的手续费率
command-settings = 数量含义、滑点、确认方式、免打扰
command-panic = 全部撤单并平仓（需点两次）

ask-symbol = <b>{ $action }</b>：哪个市场？
ask-size = <b>{ $action } { $symbol }</b>：数量多少？
    点选或输入：<code>$200</code>、<code>qty 0.5</code>（0.5 个币）、<code>25%</code>。
ask-leverage = <b>{ $action } { $symbol }</b>：几倍杠杆？
    只用来算这笔单的大小，账户上限不变。
ask-stop = <b>{ $action } { $symbol }</b>：要止损吗？
    点选，或输入价格或百分比。
ask-price-symbol = <b>价格</b>：哪个市场？
ask-book-symbol = <b>盘口</b>：哪个市场？
ask-close = <b>平仓</b>：哪个仓位？
ask-close-part = <b>平仓 { $symbol }</b>：平多少？
ask-tp-position = <b>止盈</b>：哪个仓位？
ask-sl-position = <b>止损</b>：哪个仓位？
ask-tp = <b>{ $symbol } 止盈</b>
    点选，或输入价格或百分比。
ask-sl = <b>{ $symbol } 止损</b>
    点选，或输入价格或百分比。
ask-order = 哪一笔订单？请发送编号，例如 <code>/order 8F2K</code>。
ask-cancel = <b>撤单</b>：哪一笔？
ask-account = <b>哪个账户？</b>
ask-type = 请发送指令的其余部分，开头是：
    <code>{ $line }</code>
choice-none = 不设
choice-all = 全部
choice-half = 一半
choice-type = 手动输入
