### Linking an account without the secret ever travelling, and parting from it.

link-intro = <b>Link your Backpack account</b>
    <b>Best:</b> I make a key pair here and you give Backpack the public half. The secret never travels.
    You can also paste a secret you already have; I delete that message at once.
button-link-generate = Make a key (recommended)
button-link-paste = Paste an existing secret
link-generated = <b>Your public key</b> (tap to copy)
    <code>{ $key }</code>
link-step-open = 1. On Backpack: Settings → API Keys → <b>New API Key</b>.
link-step-paste = 2. Paste the key above in <b>Public Key</b>.
link-step-read-only = 3. Leave <b>Read Only</b> off.
link-step-allow-list = 4. If the page offers an IP allow-list, add the bot’s address.
link-step-allow-list-address = 4. If the page offers an IP allow-list, add the bot’s address: <code>{ $address }</code>
link-step-withdrawals = 5. Keep the list of withdrawal addresses that need no second factor empty.
link-step-done = 6. Save there, then tap <b>Done</b> here.
button-link-page = Open Backpack API keys
button-link-done = Done
link-done = ✅ <b>Linked: { $label }</b>
    The key was checked with a signed read. Next: <code>long sol $200 5x sl 3%</code> shows a preview.
link-done-read-only = ✅ <b>Linked, read-only: { $label }</b>
    This key can show prices, balance, positions and orders. It cannot trade: for that, link a key with <b>Read Only</b> off.
link-not-yet = ⚠️ <b>Not linked yet</b>
    { $reason }
link-not-yet-retry = Your key is kept for now. Fix it on Backpack and tap Done again.
link-reason-unknown-key = Backpack does not know this key yet. Check that it was pasted whole and saved.
link-reason-unreachable = Backpack could not be reached. Try again in a moment.
link-reason-not-base64 = This is not an API secret. Backpack shows it once, when the key is made: a base64 text of 44 characters.
link-reason-wrong-length = This is not a whole API secret. It has 44 characters (or 88 with its public key).
link-reason-halves-differ = The two halves of this secret do not belong together. Copy it again, whole.
link-reason-is-public-key = That is the API key, the public half. Paste its secret instead.
link-reason-key-mismatch = This secret does not belong to that public key. Copy both from the same key.
link-reason-already-linked = This key is already linked. See /accounts.
link-paste-prompt = <b>Paste the API secret now</b>
    In this private chat only. I delete your message at once, seal the secret, and never show it again.
link-paste-again = Paste the right one now, or tap Cancel. I delete whatever you send.
secret-deleted = Your message with the secret is deleted and the secret is sealed.
secret-unasked = I deleted a message that looked like an API secret: it has no place in a chat.
    To link an account, use /link. If it was a real secret and you are unsure who saw it, revoke the key on Backpack.
secret-not-deleted = ⛔ <b>I could not delete your message. Delete it now yourself.</b>
    Until it is gone, anyone with access to this chat can trade with the key. If in doubt, revoke the key on Backpack and link a new one.
secret-in-group = ⛔ <b>That looks like an API secret, in a group. If it is one, revoke its key now.</b>
    Backpack: Settings → API Keys → delete it. I did not use it. Then link a new one in our private chat.
secret-in-group-deleted = I deleted the message, but others may have seen it.
secret-in-group-not-deleted = I could not delete the message. Delete it yourself too.

accounts-title = <b>Linked accounts: { $count }</b>
accounts-none = <b>No account linked</b>
    /link takes about a minute.
accounts-row = <b>{ $label }</b> · { $state } · <code>{ $key }</code>
accounts-row-default = <b>{ $label }</b> · default · { $state } · <code>{ $key }</code>
account-state-active = trading
account-state-read-only = read-only
account-state-pending = waiting for Backpack
account-state-refused = key refused
account-state-other = { $state }
button-account-default = Use { $label }
button-account-unlink = Unlink { $label }
button-account-add = Link another
account-default-set = Default account: <b>{ $label }</b>.

unlink-question = <b>Unlink { $label }?</b>
    The key’s secret is destroyed here. Open orders and positions stay on Backpack, and I will not watch them any more.
unlink-in-doubt = ❓ <b>Not unlinked yet: { $count ->
    [one] { $count } order of { $label } has
   *[other] { $count } orders of { $label } have
  } no answer</b>
    I am looking, and only this key can ask. It takes a few seconds; then try again. If you unlink anyway, nobody here can find out: you must check on Backpack.
button-unlink-retry = Try again
button-unlink-anyway = Unlink anyway
unlink-alerts-ended = { $count ->
    [one] 1 alert ended with it: it watched that account, or would have traded on it.
   *[other] { $count } alerts ended with it: they watched that account, or would have traded on it.
}
unlink-done = ✅ <b>Unlinked: { $label }</b>
    The secret is destroyed here. Also delete the key <code>{ $key }</code> on Backpack: Settings → API Keys.
unlink-orders-left = ⚠️ <b>{ $count ->
    [one] { $count } open order stays
   *[other] { $count } open orders stay
  } on Backpack</b> and can still fill. I can neither see nor cancel them now: do that on Backpack.
unlink-which = <b>Unlink which account?</b>
unlink-kept = Nothing was unlinked.
button-unlink-confirm = Unlink { $label }
forget-question = <b>Forget you entirely?</b>
    All your keys and settings here are destroyed. Open orders and positions stay on Backpack; the operator’s book of past orders stays too, without your keys. This cannot be undone.
forget-done = ✅ <b>Forgotten</b>
    Your keys and settings here are destroyed. Also delete the API keys on Backpack: Settings → API Keys. /start begins anew.
forget-kept = Nothing was erased.
button-forget-confirm = Erase everything
