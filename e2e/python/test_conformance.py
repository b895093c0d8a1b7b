"""The conformance profile: what is sent comes back, binary data included."""

import queue

import pytest
import socketio

from server import PATIENCE_S

BYTES = bytes(range(256)) * 12
MESSAGES = [
    (),
    (1, "2", {"3": [None, True, 1.5]}),
    (BYTES,),
    ("text", BYTES, {"deep": [{"bytes": BYTES}], "none": None}, b""),
    ("ünï©ødé 👩‍👩‍👧",),
]


@pytest.mark.parametrize("namespace", ["/", "/custom"])
@pytest.mark.parametrize("transports", [None, ["websocket"], ["polling"]], ids=["default", "websocket", "polling"])
@pytest.mark.parametrize("serializer", ["default", "msgpack"])
def test_messages_come_back_and_are_acknowledged(conformance, namespace, transports, serializer):
    client = socketio.Client(serializer=serializer)
    heard = queue.Queue()
    client.on("auth", lambda payload: heard.put(payload), namespace=namespace)
    client.on("message-back", lambda *args: heard.put(args), namespace=namespace)
    auth = {"token": "123"}
    client.connect(conformance.url, auth=auth, transports=transports, namespaces=[namespace], wait_timeout=PATIENCE_S)
    assert heard.get(timeout=PATIENCE_S) == auth
    for message in MESSAGES:
        client.emit("message", message, namespace=namespace)
        assert heard.get(timeout=PATIENCE_S) == message
        client.emit("message-with-ack", message, namespace=namespace, callback=lambda *args: heard.put(args))
        assert heard.get(timeout=PATIENCE_S) == message
    client.disconnect()


def test_an_unknown_namespace_is_refused(conformance):
    client = socketio.Client()
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(conformance.url, namespaces=["/unknown"], wait_timeout=PATIENCE_S)
    client.disconnect()
