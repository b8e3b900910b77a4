"""The HTML grammar of every page: layout, macros, filters, assets, forms, failures; no business.

A room renders with `Renderer`, takes forms with `renderer.posted`, redirects with `see_other`, contributes a `Panel` to
the pages of others, and raises DomainError, which `Problems` says as JSON or as a page. `SecureHeaders` stands around
the whole application. It refuses to know who a person is: `Viewer` is plugged in by app.py. See docs/pages.md.
"""

from modelyard.web.charts import Point
from modelyard.web.flash import Flash, see_other
from modelyard.web.forms import ForeignForm, Form, check_origin
from modelyard.web.headers import Edge, SecureHeaders
from modelyard.web.kit import build_kit
from modelyard.web.panels import Panel, PanelRegistry, Rendered
from modelyard.web.preferences import build_preferences
from modelyard.web.problems import STATUS, Problem, ProblemFace, Problems, problem_of
from modelyard.web.render import NavItem, Renderer, Site
from modelyard.web.translation import Translator, choose_locale
from modelyard.web.urls import Links, here, local_path
from modelyard.web.viewer import VISITOR, Viewer, ViewerOf

__all__ = [
    "STATUS",
    "VISITOR",
    "Edge",
    "Flash",
    "ForeignForm",
    "Form",
    "Links",
    "NavItem",
    "Panel",
    "PanelRegistry",
    "Point",
    "Problem",
    "ProblemFace",
    "Problems",
    "Rendered",
    "Renderer",
    "SecureHeaders",
    "Site",
    "Translator",
    "Viewer",
    "ViewerOf",
    "build_kit",
    "build_preferences",
    "check_origin",
    "choose_locale",
    "here",
    "local_path",
    "problem_of",
    "see_other",
]
