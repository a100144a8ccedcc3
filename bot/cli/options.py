"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes any free one.")]
