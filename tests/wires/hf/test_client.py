"""The real client library against a real server process."""

from pathlib import Path

from tests.wires.hf.conftest import Client, Hub


def test_the_whole_life_of_a_repository(hub_server: Hub, client: Client) -> None:
    client(Path(__file__).with_name("life.py"), hub_server.user("ada"))
