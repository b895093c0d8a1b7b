"""Servers for the tests."""

import pytest

from server import Server


@pytest.fixture(scope="session")
def server():
    """One for all tests: each has people and channels of its own."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def own_server():
    """One that the test may end."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def conformance():
    """Echoes instead of a messenger."""
    server = Server(conformance=True)
    yield server
    server.stop()


@pytest.fixture
def people():
    """Those who come in a test go with it, however it ends."""
    people = []
    yield people
    for person in people:
        person.leave()
