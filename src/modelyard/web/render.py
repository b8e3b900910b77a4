"""Pages from templates: one Jinja environment a locale, and everything that a layout needs filled in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from modelyard.infra import LOCALES
from modelyard.kernel import Clock, DomainError
from modelyard.kernel.errors import Datum, fill
from modelyard.web import charts, forms, urls
from modelyard.web.assets import Assets
from modelyard.web.flash import FLASH_COOKIE, waiting
from modelyard.web.formats import Formats
from modelyard.web.shelf import MacroShelf
from modelyard.web.translation import Translator, choose_locale
from modelyard.web.viewer import VISITOR, Viewer, ViewerOf

PACKAGE = Path(__file__).resolve().parent.parent
THEME_COOKIE = "modelyard_theme"
THEMES = ("light", "dark")
_MACROS = "web/macros/"
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language"}


@dataclass(frozen=True, slots=True)
class NavItem:
    """A link of the top bar, of the account menu or of the footer; the label is a sentence marked with N_."""

    href: str
    label: str


@dataclass(frozen=True, slots=True)
class Site:
    """What the layout says about this installation, and where its bars lead."""

    links: urls.Links
    name: str = "Modelyard"
    nav: tuple[NavItem, ...] = ()
    menu: tuple[NavItem, ...] = ()
    foot: tuple[NavItem, ...] = ()


class Renderer:
    """Renders `room/name.html` for a request, in the reader's language.

    renderer.page(request, "hub/model.html", repo=repo)           # a whole page
    renderer.fragment(request, "serving/panel.html", subject=s)   # Markup, for a panel
    renderer.say(request, error.sentence, error.data)             # one translated sentence
    """

    def __init__(
        self, site: Site, *, translator: Translator, clock: Clock, viewer_of: ViewerOf, package: Path = PACKAGE
    ) -> None:
        self.site = site
        self.assets = Assets(package / "web" / "static")
        self._translator = translator
        self._viewer_of = viewer_of
        loader = PrefixLoader({f.parent.name: FileSystemLoader(f) for f in sorted(package.glob("*/templates"))})
        self._environments = {
            locale: self._environment(locale, loader, Formats(locale, translator, clock)) for locale in LOCALES
        }

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,  # noqa: ANN401 - a template takes any value
    ) -> HTMLResponse:
        """Return the page; a waiting flash is shown and thereby spent. Raises UndefinedError for a missing value."""
        flash = waiting(request)
        context["status"] = status
        context["flash"] = flash and (flash.level, self.say(request, flash.sentence, flash.data))
        html = self._render(request, template, context)
        response = HTMLResponse(html, status_code=status, headers={**_PRIVATE, **(headers or {})})
        if flash is not None:
            response.delete_cookie(FLASH_COOKIE)
        return response

    def fragment(self, request: Request, template: str, **context: Any) -> Markup:  # noqa: ANN401 - as above
        """Return a part of a page, for panels and for regions that refresh themselves."""
        return Markup(self._render(request, template, context))  # noqa: S704 - rendered with autoescape

    def say(self, request: Request, sentence: str, data: Mapping[str, Datum] | None = None) -> str:
        """Return a marked sentence in the reader's language with its braces filled."""
        return fill(self._translator.gettext(choose_locale(request), sentence), dict(data or {}))

    def field_errors(self, request: Request, error: DomainError) -> dict[str, str]:
        """Return the sentence of an error under the name of the field at fault, for a form that is shown again."""
        return {error.field or "": self.say(request, error.sentence, error.data)}

    def viewer(self, request: Request) -> Viewer:
        """Return who looks, asked once a request; credentials that are no good make a visitor."""
        known: Viewer | None = getattr(request.state, "viewer", None)
        if known is None:
            try:
                known = self._viewer_of(request)
            except DomainError:
                known = VISITOR
            request.state.viewer = known
        return known

    def posted(self, handler: forms.Handler) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of a POST form; see `forms.posted`."""
        return forms.posted(handler, viewer_of=self.viewer, links=self.site.links)

    def environment(self, locale: str) -> Environment:
        """Return the Jinja environment of a locale; for tools and tests."""
        return self._environments[locale]

    def _render(self, request: Request, template: str, context: dict[str, Any]) -> str:
        locale = choose_locale(request)
        viewer = self.viewer(request)
        theme = request.cookies.get(THEME_COOKIE)
        context |= {
            "request": request,
            "viewer": viewer,
            "csrf": Markup('<input type="hidden" name="csrf" value="{}">').format(viewer.csrf),
            "theme": theme if theme in THEMES else "",
            "nonce": getattr(request.state, "nonce", ""),
            "path": urls.here(request),
            "here": lambda **changes: urls.here(request, **changes),
            "request_id": getattr(request.state, "request_id", ""),
        }
        return self._environments[locale].get_template(template).render(context)

    def _environment(self, locale: str, loader: PrefixLoader, formats: Formats) -> Environment:
        env = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        gettext = partial(self._translator.gettext, locale)
        # `trans` blocks trust their own HTML; `_` trusts nothing, so it is not Jinja's "newstyle" one.
        ngettext = partial(self._translator.ngettext, locale)
        env.install_gettext_callables(gettext, ngettext)  # type: ignore[attr-defined]  # the i18n extension adds it
        env.globals["_"] = lambda sentence, **data: _say(gettext(sentence), data)
        env.filters.update(formats.filters())
        macros = env.list_templates(filter_func=lambda name: name.startswith(_MACROS))
        env.globals.update(
            site=self.site,
            locale=locale,
            static=self.assets.url,
            charts=charts,
            ui=MacroShelf(env, macros),
        )
        return env


def _say(sentence: str, data: Mapping[str, object]) -> str:
    """Fill `{name}`; the result is escaped like any text, but for values that are HTML already."""
    if not data:
        return sentence
    has_html = any(isinstance(each, Markup) for each in data.values())
    return (escape(sentence) if has_html else sentence).format_map(data)
