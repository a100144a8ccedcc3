"""How what people do reaches a handler: taken, queued fairly, stored where it must wait, acted on once."""

from bot.intake.arrivals import Arrival, Urgency
from bot.intake.door import Intake
from bot.kernel.slots import given_back

__all__ = ["Arrival", "Intake", "Urgency", "given_back"]
