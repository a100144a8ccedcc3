### What a user can set.

settings-title = <b>Settings</b>
settings-size = A bare number of an opening order: { $meaning ->
    [quote] dollars
    [base] coins
   *[ask] always ask
  }
settings-slippage = Slippage limit: { $percent }
settings-tolerance = Price check at the tap: a new preview beyond { $percent }
settings-confirm-always = Confirm: every order
settings-confirm-below = Confirm: orders above { $limit }; below, they go at once
settings-quiet = Quiet hours: { $from }–{ $to } ({ $zone })
settings-quiet-off = Quiet hours: off
settings-language = Language: English
settings-zone = Time zone: { $zone }
settings-account = Default account: { $account }
settings-named = { $named ->
        [yes] Statements of your groups show your Telegram id
       *[no] Statements of your groups show a pseudonym
    }
settings-saved = ✅ Saved. { $line }

setting-size-title = <b>What does a bare number mean?</b> For example <code>long sol 20</code>. A close always counts coins.
setting-slippage-title = <b>Slippage limit for market orders</b>
    A market order never fills worse than this.
setting-tolerance-title = <b>Price check at the tap</b>
    If the price got worse by more than this since the preview, you get a new one.
setting-confirm-title = <b>When to confirm</b>
    Below the limit an order goes without a tap on Confirm. Start with every order.
setting-named-title = <b>Name in statements</b>
    When a group you trade in shares the rebate, its owner gets a monthly statement with what each member traded. May it show your Telegram id beside the pseudonym?
setting-quiet-title = <b>Quiet hours</b>
    Fills, liquidations and alarms still come.
setting-zone-title = <b>Time zone</b>

button-setting-size = Bare number
button-setting-slippage = Slippage
button-setting-tolerance = Price check
button-setting-confirm = Confirm
button-setting-quiet = Quiet hours
button-setting-language = Language
button-setting-zone = Time zone
button-setting-account = Account
button-setting-named = Name in statements
option-named-no = Pseudonym
option-named-yes = Show my id
option-size-ask = Always ask
option-size-quote = Dollars
option-size-base = Coins
option-confirm-always = Every order
option-confirm-below = Only above { $value }
option-quiet-off = Off
option-plain = { $value }
option-chosen = ● { $label }
