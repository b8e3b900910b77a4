"""The living style guide: `/_kit` shows every macro in its states, in the reader's language."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.kernel import CURRENCIES, N_, Clock, Money
from modelyard.web.charts import Point
from modelyard.web.forms import Form
from modelyard.web.render import Renderer

_CALLS = (
    ("03-02", 1240),
    ("03-03", 1810),
    ("03-04", 960),
    ("03-05", 2230),
    ("03-06", 2875),
    ("03-07", 740),
    ("03-08", 515),
)


def build_kit(renderer: Renderer, clock: Clock) -> list[Route]:
    """Return the route of the kit, and the one that its sample form is sent to."""

    def show(request: Request, *, name: str = "", error: str = "") -> Response:
        return renderer.page(
            request,
            "web/kit.html",
            now=clock.now(),
            price=Money.parse("0.005", CURRENCIES["CNY"]),
            balance=Money.parse("1284.36", CURRENCIES["USD"]),
            debt=Money.parse("-12.5", CURRENCIES["EUR"]),
            points=[Point(day, calls, f"{calls:,}") for day, calls in _CALLS],
            name=name,
            error=error,
        )

    def sample(request: Request, form: Form) -> Response:
        wrong = renderer.say(request, N_("This name is taken."))
        return show(request, name=form.text("name"), error=wrong)

    def page(request: Request) -> Response:
        return show(request)

    return [
        Route("/_kit", page),
        Route("/_kit", renderer.posted(sample), methods=["POST"]),
    ]
