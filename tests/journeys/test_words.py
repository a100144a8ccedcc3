"""Numbers and names as people write them: read right, or asked, or refused with a line that works."""

from __future__ import annotations

import pytest

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
