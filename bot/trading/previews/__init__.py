"""From intents to a ticket: a preview somebody may confirm."""
