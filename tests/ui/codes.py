"""Codes the exchange publishes and the domain documents, each of which must have words."""

# Backpack OpenAPI, `ApiErrorCode`.
# fmt: off
API_ERROR_CODES = (
    "ACCOUNT_DEACTIVATED", "ACCOUNT_LIQUIDATING", "BORROW_LIMIT", "BORROW_REQUIRES_LEND_REDEEM",
    "FORBIDDEN", "INSUFFICIENT_FUNDS", "INSUFFICIENT_MARGIN", "INSUFFICIENT_SUPPLY", "INVALID_ASSET",
    "INVALID_CLIENT_REQUEST", "INVALID_MARKET", "INVALID_ORDER", "INVALID_PRICE", "INVALID_POSITION_ID",
    "INVALID_QUANTITY", "INVALID_RANGE", "INVALID_SIGNATURE", "INVALID_SOURCE", "INVALID_SYMBOL",
    "INVALID_TWO_FACTOR_CODE", "LEND_LIMIT", "LEND_REQUIRES_BORROW_REPAY", "MAINTENANCE",
    "MAX_LEVERAGE_REACHED", "NOT_IMPLEMENTED", "ORDER_LIMIT", "POSITION_LIMIT", "PRECONDITION_FAILED",
    "RESOURCE_NOT_FOUND", "SERVER_ERROR", "TIMEOUT", "TOO_EARLY", "TOO_MANY_REQUESTS", "TRADING_PAUSED",
    "UNAUTHORIZED",
)
# fmt: on

# Backpack OpenAPI, `OrderExpiryReason`.
# fmt: off
EXPIRY_REASONS = (
    "AccountTradingSuspended", "BorrowRequiresLendRedeem", "FillOrKill",
    "InsufficientBorrowableQuantity", "InsufficientFunds", "InsufficientLiquidity", "InvalidPrice",
    "InvalidQuantity", "ImmediateOrCancel", "InsufficientMargin", "Liquidation", "NegativeEquity",
    "PostOnlyMode", "PostOnlyTaker", "PriceOutOfBounds", "ReduceOnlyNotReduced", "SelfTradePrevention",
    "StopWithoutPosition", "PriceImpact", "Unknown", "UserPermissions", "MaxStopOrdersPerPosition",
    "PositionLimit", "SlippageToleranceExceeded",
)
# fmt: on

# `bot.domain.preview.preview.Note`.
# fmt: off
NOTE_CODES = (
    "mapped-quote", "sell-reduces", "size-default", "size-coins", "leverage-is-account-wide", "rounded",
    "partial-depth", "flips", "no-stop", "liquidation-before-stop", "wide-spread",
    "exit-stands", "exit-choice", "fills-now", "cut", "unlisted", "odd-state",
    "rest-stays", "unread-positions", "account-age",
    "sells-coins",  # `bot.trading.previews.tickets`
)
# fmt: on
