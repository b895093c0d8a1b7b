"""The official client for asyncio."""

import asyncio

import pytest
import socketio

from people import message, register, result_of
from server import PATIENCE_S


async def arrive(server, transports=None, **options):
    tokens = register(server)
    client = socketio.AsyncClient(**options)
    events = asyncio.Queue()

    async def hear(event, data):
        await events.put((event, data))

    client.on("*", hear)
    auth = {"token": tokens["access_token"]}
    await client.connect(server.url, auth=auth, transports=transports, wait_timeout=PATIENCE_S)
    return client, tokens["user"], events


async def until(events, wanted):
    """The first event that fits."""
    while True:
        event, data = await asyncio.wait_for(events.get(), PATIENCE_S)
        if wanted(event, data):
            return data


@pytest.mark.parametrize(
    "carrier",
    [{}, {"transports": ["websocket"]}, {"transports": ["polling"]}, {"serializer": "msgpack"}],
    ids=["default", "websocket", "polling", "msgpack"],
)
def test_two_people_talk(server, carrier):
    async def talk():
        ana, ana_id, _ = await arrive(server, **carrier)
        bob, bob_id, heard = await arrive(server, **carrier)
        wish = {"kind": "direct", "members": [bob_id]}
        channel = result_of(await ana.call("channel.create", wish, timeout=PATIENCE_S))["id"]
        again = result_of(await bob.call("channel.create", {**wish, "members": [ana_id]}, timeout=PATIENCE_S))["id"]
        assert again == channel
        assert result_of(await ana.call("message.send", message(channel, "What news?"), timeout=PATIENCE_S)) == {"received": True}
        entry = await until(heard, lambda event, data: event == "entry" and data["kind"] == "message")
        assert (entry["sender"], entry["body"]["text"]) == (ana_id, "What news?")
        await ana.emit("typing", {"channel": channel})
        typing = await until(heard, lambda event, _: event == "typing")
        assert typing == {"channel": channel, "user": ana_id}
        await ana.disconnect()
        await bob.disconnect()

    asyncio.run(talk())


def test_many_commands_at_once_are_answered_each_with_its_own(server):
    async def ask():
        ana, _, _ = await arrive(server)
        names = [f"name {number}" for number in range(50)]
        answers = await asyncio.gather(*(ana.call("account.update", {"display_name": name}, timeout=PATIENCE_S) for name in names))
        assert [result_of(answer)["display_name"] for answer in answers] == names
        await ana.disconnect()

    asyncio.run(ask())
