"""The official synchronous client: over each transport, with each serializer."""

import pytest
import socketio

from people import Person, Refused, group, message, register
from server import PATIENCE_S

CARRIERS = {
    "default": {},
    "websocket": {"transports": ["websocket"]},
    "polling": {"transports": ["polling"]},
    "msgpack": {"serializer": "msgpack"},
    "msgpack-websocket": {"serializer": "msgpack", "transports": ["websocket"]},
    "msgpack-polling": {"serializer": "msgpack", "transports": ["polling"]},
}

over_every_carrier = pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS.keys())


@pytest.fixture
def arrive(server, people):
    def arrive(carrier=None):
        people.append(Person(server, **(carrier or {})))
        return people[-1]

    return arrive


@over_every_carrier
def test_two_people_talk(arrive, carrier):
    ana, bob = arrive(carrier), arrive(carrier)
    channel = group(ana, bob)
    for number in range(20):
        ana.client.emit("message.send", message(channel, f"{number} ünï©ødé 👩‍👩‍👧"))
    for number in range(20):
        entry = bob.entry(kind="message")
        assert (entry["seq"], entry["sender"]) == (number + 3, ana.user)
        assert entry["body"] == {"text": f"{number} ünï©ødé 👩‍👩‍👧"}
    seq = bob.say(channel, "heard you")
    assert ana.entry(seq=seq)["body"]["text"] == "heard you"
    bob.call("mark", {"channel": channel, "read": seq})
    ana.call("mark", {"channel": channel, "read": seq})
    while ana.next("positions")["read"] < seq:
        pass
    messages = bob.call("history", {"channel": channel, "limit": 5})["messages"]
    assert [it["seq"] for it in messages] == [19, 20, 21, 22, 23]


@over_every_carrier
def test_commands_are_acknowledged_with_result_or_refusal(arrive, carrier):
    ana = arrive(carrier)
    assert ana.call("account.get")["id"] == ana.user
    assert ana.call("settings.set", {"settings": {"typing": "nobody"}})["typing"] == "nobody"
    for command, data, code in [
        ("nonsense", None, "command.unknown"),
        ("channel.get", {"channel": "x"}, "command.invalid"),
        ("channel.get", {"channel": ana.user}, "channel.unknown"),
        ("user.find", {"username": b"\xff\x00"}, "command.invalid"),
        ("account.update", {"display_name": ""}, "account.display_name_invalid"),
    ]:
        with pytest.raises(Refused) as refused:
            ana.call(command, data)
        assert refused.value.code == code
    assert ana.call("account.get", {})["id"] == ana.user


@over_every_carrier
def test_a_bad_token_is_told(server, carrier):
    options = dict(carrier)
    transports = options.pop("transports", None)
    client = socketio.Client(**options)
    told = []
    client.on("connect_error", told.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(server.url, auth={"token": "none"}, transports=transports, wait_timeout=PATIENCE_S)
    assert told[0]["data"]["code"] == "auth.required"
    client.disconnect()


@over_every_carrier
def test_without_a_token_one_may_make_an_account_and_say_hello(server, carrier):
    options = dict(carrier)
    transports = options.pop("transports", None)
    client = socketio.Client(**options)
    client.connect(server.url, transports=transports, wait_timeout=PATIENCE_S)
    assert client.call("account.get")["err"]["code"] == "auth.required"
    tokens = client.call("account.register", {"display_name": "Ana"})["ok"]
    ready = client.call("hello", {"token": tokens["access_token"]})["ok"]
    assert ready["user"] == {"id": tokens["user"], "display_name": "Ana"}
    client.disconnect()


def test_the_default_client_moves_to_a_websocket(arrive):
    ana = arrive()
    assert ana.client.transport() == "websocket"


def test_a_polling_client_stays_with_polling(arrive):
    ana = arrive(CARRIERS["polling"])
    ana.call("account.get")
    assert ana.client.transport() == "polling"


@over_every_carrier
def test_the_client_comes_back_by_itself_after_the_server_was_killed(own_server, people, carrier):
    ana, bob = Person(own_server, reconnection_delay=0.2, **carrier), Person(own_server, reconnection_delay=0.2, **carrier)
    people.extend([ana, bob])
    channel = group(ana, bob)
    bob.entry(seq=ana.say(channel, "before"))
    own_server.restart()
    assert bob.next("ready")["missed"]["channels"][channel]["entries"] == []
    ana.next("ready")
    seq = ana.say(channel, "after")
    assert bob.entry(seq=seq)["body"]["text"] == "after"
    texts = [it["body"]["text"] for it in bob.call("history", {"channel": channel})["messages"]]
    assert texts == ["before", "after"]


def test_what_was_missed_comes_with_the_next_hello(arrive, server):
    ana, bob = arrive(), arrive(CARRIERS["msgpack"])
    channel = group(ana, bob)
    seen = ana.say(channel, "tpyo")
    bob.entry(seq=seen)
    bob.leave()
    ana.call("message.edit", {"channel": channel, "target": seen, "body": {"text": "typo"}})
    ana.call("message.react", {"channel": channel, "target": seen, "emoji": "👍"})
    last = ana.say(channel, "news")
    bob.client.connect(server.url, auth=bob._greeting, wait_timeout=PATIENCE_S)
    missed = bob.next("ready")["missed"]["channels"][channel]
    assert [(it["seq"], it["kind"]) for it in missed["entries"]] == [(seen + 1, "edit"), (seen + 2, "reaction"), (last, "message")]
    assert missed["entries"][0]["body"]["text"] == "typo"


def test_logging_out_is_answered_and_then_the_end(arrive, server):
    ana = arrive()
    gone = []
    ana.client.on("disconnect", gone.append)
    assert ana.call("account.logout") == {}
    ana.client.wait()
    assert gone
    assert register(server)["user"] != ana.user
