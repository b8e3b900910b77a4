"""Names and their addresses: the resolver of the tests keeps the contract of the real one."""

import pytest

from modelyard.infra.outbound import Resolver, SystemResolver
from tests.infra.sites import FakeResolver


class TestResolvers:
    """The contract of the port, for the fake as for the real one."""

    @pytest.fixture(params=["fake", "system"])
    def resolver(self, request: pytest.FixtureRequest) -> Resolver:
        return SystemResolver() if request.param == "system" else FakeResolver(localhost=[["127.0.0.1"]])

    def test_a_name_has_addresses(self, resolver: Resolver) -> None:
        assert "127.0.0.1" in resolver.resolve("localhost", 80)

    @pytest.mark.parametrize("literal", ["127.0.0.1", "::1"])
    def test_a_literal_is_its_own_address(self, resolver: Resolver, literal: str) -> None:
        assert list(resolver.resolve(literal, 80)) == [literal]

    @pytest.mark.parametrize("host", ["a" * 70 + ".invalid", "a..b", "no such name"])
    def test_a_name_without_address_is_an_os_error(self, resolver: Resolver, host: str) -> None:
        with pytest.raises(OSError):
            resolver.resolve(host, 80)
