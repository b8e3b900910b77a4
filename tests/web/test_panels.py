from dataclasses import dataclass

import pytest
from markupsafe import Markup
from starlette.requests import Request

from modelyard.web import PanelRegistry
from tests.web.conftest import RequestOf


@dataclass
class Says:
    id: str
    order: int
    words: str | None
    place: str = "model.side"

    def render(self, request: Request, subject: object) -> Markup | None:
        return None if self.words is None else Markup(f"{self.words} {subject}")


def test_panels_stand_in_order_and_the_silent_ones_are_left_out(request_of: type[RequestOf]) -> None:
    panels = PanelRegistry(
        [Says("b", 20, "second"), Says("c", 5, None), Says("a", 10, "first"), Says("x", 1, "x", "home")]
    )
    drawn = panels.render("model.side", request_of.path("/"), "tiny-chat")
    assert [(each.id, each.html) for each in drawn] == [("a", "first tiny-chat"), ("b", "second tiny-chat")]
    assert panels.render("nowhere", request_of.path("/"), None) == []


def test_an_id_is_given_once() -> None:
    panels = PanelRegistry([Says("a", 1, "x")])
    with pytest.raises(ValueError, match="two panels are called a"):
        panels.add(Says("a", 2, "y"))
