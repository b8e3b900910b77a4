"""Pages of deployments, and the panels that other pages show of them.

routes = build_pages(desk)      # below /deployments
panels = build_panels(desk)     # for `model.main` and `model.side`
"""

from modelyard.serving.pages.desk import Desk
from modelyard.serving.pages.panels import build_panels
from modelyard.serving.pages.routes import build_pages

__all__ = ["Desk", "build_pages", "build_panels"]
