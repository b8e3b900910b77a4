"""The pages below /deployments."""

from __future__ import annotations

from anyio import from_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard.accounts import Actor
from modelyard.infra import mint
from modelyard.kernel import N_, DeploymentId, DomainError
from modelyard.serving import service
from modelyard.serving.gateway import Call, answer_text
from modelyard.serving.pages.desk import STAGE_NAMES, Desk, rate_of, standing_of
from modelyard.serving.rules import Shape
from modelyard.serving.values import Deployment, Draft
from modelyard.web import STATUS, Flash, Form, see_other

PATH = "/deployments"
_NUMBERS = ("context", "slots", "default_output", "max_output", "idle_stop")
_FIELDS = ("repo", "file", "revision", *_NUMBERS)
_LONGEST_ANSWER = 256


def build_pages(desk: Desk) -> list[Route]:
    """Return the routes."""
    pages, posted = DeploymentPages(desk), desk.renderer.posted
    one = PATH + "/{deployment}"
    return [
        Route(PATH, pages.listing, methods=["GET"]),
        Route(PATH + "/new", pages.new, methods=["GET"]),
        Route(PATH + "/new", posted(pages.create), methods=["POST"]),
        Route(one, pages.show, methods=["GET"]),
        Route(one + "/start", posted(pages.start), methods=["POST"]),
        Route(one + "/stop", posted(pages.stop), methods=["POST"]),
        Route(one + "/delete", pages.confirm, methods=["GET"]),
        Route(one + "/delete", posted(pages.delete), methods=["POST"]),
        Route(one + "/chat", posted(pages.chat), methods=["POST"]),
    ]


class DeploymentPages:
    """List, show, create, start, stop, delete, and chat without script."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._infra = desk.infra
        self._auth = desk.auth
        self._renderer = desk.renderer

    def listing(self, request: Request) -> Response:
        """Show the deployments that the reader may see."""
        actor = self._auth.actor(request)
        with self._infra.db.reader() as session:
            page = service.list_deployments(
                session,
                actor=actor,
                repositories=self._desk.repositories,
                before=request.query_params.get("cursor"),
            )
            newest = service.latest_stages(session, [each.id for each in page.items])
            rows = [(each, standing_of(each, [newest[each.id]] if each.id in newest else [])) for each in page.items]
        return self._renderer.page(request, "serving/deployments.html", rows=rows, next=page.next)

    def new(self, request: Request) -> Response:
        """Ask for the file of a repository."""
        self._auth.require_user(request)
        return self._form(request, {"repo": request.query_params.get("repo", "")})

    def create(self, request: Request, form: Form) -> Response:
        """Create a deployment."""
        actor = self._auth.require_user(request)
        typed = {name: form.text(name) for name in _FIELDS}
        numbers = {name: int(typed[name]) for name in _NUMBERS if typed[name].isdecimal()}
        draft = Draft(typed["repo"], typed["file"], typed["revision"] or "main", Shape(**numbers))
        try:
            with self._infra.db.unit() as session:
                made = service.create_deployment(
                    session,
                    actor=actor,
                    repositories=self._desk.repositories,
                    draft=draft,
                    clock=self._infra.clock,
                )
        except DomainError as error:
            return self._form(request, typed, error)
        return self._done(f"{PATH}/{made.id}", N_("The deployment was created; it is starting."))

    def show(self, request: Request) -> Response:
        """Show where a deployment stands, what it is and what it costs."""
        actor = self._auth.actor(request)
        with self._infra.db.reader() as session:
            found = self._desk.see(session, actor, request)
            stages = service.stages_of(session, found.id)
            rate = rate_of(session, self._desk, found)
            writes = service.may_change(session, actor, found)
        return self._renderer.page(
            request,
            "serving/deployment.html",
            deployment=found,
            standing=standing_of(found, stages),
            stages=stages[-20:],
            rate=rate,
            writes=writes,
            names=STAGE_NAMES,
            running=self._desk.runtime.status(found.id) if writes else None,
            say=lambda failure: self._renderer.say(request, failure.sentence, failure.data),
            hint=lambda failure: self._renderer.say(request, failure.hint, failure.data),
        )

    def start(self, request: Request, form: Form) -> Response:
        """Start a deployment."""
        del form
        actor, wanted = self._who_and_which(request)
        with self._infra.db.unit() as session:
            service.start_deployment(session, actor=actor, deployment=wanted, clock=self._infra.clock)
        return self._done(f"{PATH}/{wanted}", N_("The deployment is starting."))

    def stop(self, request: Request, form: Form) -> Response:
        """Stop a deployment."""
        del form
        actor, wanted = self._who_and_which(request)
        with self._infra.db.unit() as session:
            service.stop_deployment(session, actor=actor, deployment=wanted, clock=self._infra.clock)
        return self._done(f"{PATH}/{wanted}", N_("The deployment was stopped."))

    def confirm(self, request: Request) -> Response:
        """Ask once more before a deployment is deleted."""
        actor = self._auth.require_user(request)
        with self._infra.db.reader() as session:
            found = self._desk.see(session, actor, request)
        return self._renderer.page(request, "serving/delete.html", deployment=found, typed="")

    def delete(self, request: Request, form: Form) -> Response:
        """Delete a deployment."""
        del form
        actor, wanted = self._who_and_which(request)
        with self._infra.db.unit() as session:
            service.delete_deployment(session, actor=actor, deployment=wanted, clock=self._infra.clock)
        return self._done(PATH, N_("The deployment was deleted."))

    def chat(self, request: Request, form: Form) -> Response:
        """Answer one message for a browser without script, through the same gateway as every other request."""
        actor = self._auth.require_user(request)
        with self._infra.db.reader() as session:
            found = self._desk.see(session, actor, request)
        turns, error, status = [("user", form.text("message"))], "", 200
        try:
            whole = from_thread.run(self._desk.gateway.whole, actor, self._call(found, form.text("message")))
            turns.append(("assistant", answer_text(whole)))
        except DomainError as failure:
            error, status = self._renderer.say(request, failure.sentence, failure.data), STATUS[failure.kind]
        return self._renderer.page(
            request, "serving/chat.html", status=status, deployment=found, turns=turns, error=error
        )

    def _call(self, deployment: Deployment, message: str) -> Call:
        body: dict[str, object] = {"messages": [{"role": "user", "content": message}]}
        return Call(
            request=mint("req", self._infra.clock),
            model=deployment.model,
            path="/v1/chat/completions",
            body=body,
            size=len(message.encode()),
            max_tokens=_LONGEST_ANSWER,
        )

    def _form(self, request: Request, typed: dict[str, str], error: DomainError | None = None) -> Response:
        wrong = self._renderer.field_errors(request, error) if error else {}
        named = {{"path": "file", "rev": "revision"}.get(name, name): sentence for name, sentence in wrong.items()}
        return self._renderer.page(
            request,
            "serving/new.html",
            status=422 if error else 200,
            typed=dict.fromkeys(_FIELDS, "") | {"revision": "main"} | typed,
            errors=dict.fromkeys(_FIELDS, "") | named,
            general=" ".join(sentence for name, sentence in named.items() if name not in _FIELDS),
            shape=Shape(),
        )

    def _who_and_which(self, request: Request) -> tuple[Actor, DeploymentId]:
        return self._auth.require_user(request), DeploymentId(request.path_params["deployment"])

    def _done(self, path: str, sentence: str) -> Response:
        return see_other(path, Flash(sentence), secure=self._renderer.site.links.secure)
