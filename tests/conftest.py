"""What every test may use: see tests/support."""

pytest_plugins = ["tests.support.database"]
