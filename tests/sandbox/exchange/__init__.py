"""The sandbox exchange, proved through its own doors: HTTP, WebSocket and the engine's commands."""
