"""`world` and `carol` as journeys have them."""

from tests.journeys.conftest import carol, world  # noqa: F401 - fixtures
