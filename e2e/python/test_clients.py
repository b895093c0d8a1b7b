"""The clients that judge the server are the official ones, as published, and speak the protocol we serve."""

from importlib.metadata import version
from pathlib import Path

import pytest
import socketio

PINNED = [
    line.split("==")
    for line in Path(__file__).with_name("requirements.txt").read_text().splitlines()
    if "==" in line
]


@pytest.mark.parametrize(("name", "pinned"), PINNED, ids=[name for name, _ in PINNED])
def test_every_client_is_installed_in_the_version_that_is_pinned(name, pinned):
    assert version(name.partition("[")[0]) == pinned


def test_the_official_client_encodes_packets_of_socket_io_5():
    packet = socketio.packet.Packet(socketio.packet.EVENT, data=["hello"], id=7)
    assert packet.encode() == '27["hello"]'
