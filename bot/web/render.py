"""From values to HTML: templates that escape everything, words and numbers by the operator's locale."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from bot.ui import Locale

if TYPE_CHECKING:
    from jinja2 import Environment

TABS: Final = ("/", "/users", "/statements", "/payouts", "/health")


@dataclass(slots=True)
class Page:
    """One page: whose language, and what its template needs."""

    locale: Locale
    path: str = ""
    template: str = ""
    values: dict[str, Any] = field(default_factory=dict)


class Renderer:
    """Templates of `bot/web/templates`; a value nobody gave is an error, not an empty place."""

    @cached_property
    def style(self) -> str:
        """The style sheet of every page."""
        return resources.files("bot.web").joinpath("templates", "style.css").read_text("utf-8")

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        return Environment(
            loader=PackageLoader("bot.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, page: Page) -> str:
        """The HTML of a page."""
        locale = page.locale
        return self._environment.get_template(template).render(
            **page.values,
            t=locale.text,
            plain=locale.plain,
            locale=locale,
            language=locale.language.value,
            path=page.path,
            tabs=TABS,
        )
