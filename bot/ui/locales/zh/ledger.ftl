### The broker's ledger: what operators hear of it, and who referred a user.

ledger-alarm = ⚠️ <b>账本与交易所不一致</b>
ledger-alarm-next = <code>rucksack broker check</code> 会核对整个月并列出全部差异。
ledger-more = … 另有 { $count } 项
ledger-example = · { $what }
ledger-found-missing = 账户 { $account }，{ $day }：缺少 { $count } 笔成交，已按历史补上。
ledger-found-unknown-to-exchange = 账户 { $account }，{ $day }：我们有 { $count } 笔成交，交易所没有。
ledger-found-different = 账户 { $account }，{ $day }：{ $count } 笔成交不同（交易所 ≠ 本地）。
ledger-found-unreachable = 账户 { $account }，{ $day }：交易所没有返回历史，未能核对。
ledger-found-untagged = { $day }：{ $count } 个订单发出时没有你的经纪商标记。这是本机器人的缺陷，请报告。
ledger-found-tag-difference = { $day }：{ $count } 个带标记的订单，账本的成交额与实际成交不同（成交 ≠ 入账）。
ledger-found-other = 账户 { $account }，{ $day }：{ $kind }

referral-question = <b>有人推荐你使用 Backpack 吗？</b>
    推荐人若分得你的部分手续费，本机器人的运营者得到的就会减少。你自己的手续费不变。
referral-how = 请发送推荐人分得的手续费比例，例如 <code>/referral 15%</code>。
referral-said-none = 你的回答：没有。
referral-said-rate = 你的回答：有，手续费的 { $rate }。
referral-said-unknown = 你的回答：不清楚。
referral-by-operator = 运营者已设定你的推荐人比例。如有误，请联系运营者。
button-referral-none = 没有
button-referral-standard = 有，{ $rate }
button-referral-other = 有，其他比例
button-referral-unknown = 不清楚
button-referral = 推荐人

affiliate-usage = 谁的手续费，多少比例？<code>/affiliate 123456789 10%</code>、<code>/affiliate 123456789 none</code>、<code>/affiliate 123456789 unknown</code>；可加月份，从该月起生效：<code>/affiliate 123456789 10% 2026-10</code>。
affiliate-unknown-user = 这里没有 id 为 <code>{ $id }</code> 的用户。
affiliate-set = ✅ <code>{ $id }</code> 的推荐人比例，现为：
affiliate-range = ▸ { $rate }，{ $first } 至 { $last }
affiliate-range-open = ▸ { $rate }，自 { $first } 起
affiliate-too-much = 没有人能得到手续费的 { $most } 以上：交易所只让出这么多。没有任何更改。
affiliate-revised = 已修订的入账：{ $count }
affiliate-rate-unknown = 不清楚
