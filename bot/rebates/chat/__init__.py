"""The ledger in a chat: handlers and news for operators."""
