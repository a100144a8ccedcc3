"""What the bot does with each act, by topic. A handler reads the act, asks a service, shows a view."""
