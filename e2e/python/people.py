"""People, and what their clients hear."""

import queue
import uuid

import requests
import socketio

from server import PATIENCE_S


class Refused(Exception):
    """The server's *no*."""

    def __init__(self, err):
        super().__init__(f"{err['code']}: {err['text']}")
        self.code = err["code"]


def register(server, **wish):
    """Makes an account by a plain request; without a name it is anonymous."""
    answer = requests.post(f"{server.url}/api/v1/accounts", json=wish, timeout=PATIENCE_S)
    answer.raise_for_status()
    return answer.json()


def message(channel, words):
    return {"channel": channel, "client_id": str(uuid.uuid4()), "body": {"text": words}}


def result_of(answer):
    if "err" in answer:
        raise Refused(answer["err"])
    return answer["ok"]


class Person:
    """Somebody new, connected with the official synchronous client."""

    def __init__(self, server, transports=None, **options):
        self.tokens = register(server)
        self.user = self.tokens["user"]
        self.have = {}
        self.client = socketio.Client(**options)
        self._heard = {}
        self.client.on("*", self._hear)
        self.client.connect(server.url, auth=self._greeting, transports=transports, wait_timeout=PATIENCE_S)
        self.ready = self.next("ready")

    def call(self, command, data=None):
        return result_of(self.client.call(command, data, timeout=PATIENCE_S))

    def next(self, event):
        """The first such event that was not answered with before; waits until there is one."""
        return self._queue(event).get(timeout=PATIENCE_S)

    def entry(self, **wanted):
        """The next entry that has these values."""
        while True:
            entry = self.next("entry")
            if all(entry.get(name) == value for name, value in wanted.items()):
                return entry

    def say(self, channel, words):
        return self.call("message.send", {**message(channel, words), "wait": True})["seq"]

    def leave(self):
        self.client.disconnect()

    def _greeting(self):
        return {"token": self.tokens["access_token"], "have": dict(self.have)}

    def _hear(self, event, data):
        if event == "entry":
            self.have[data["channel"]] = max(data["seq"], self.have.get(data["channel"], 0))
        self._queue(event).put(data)

    def _queue(self, event):
        return self._heard.setdefault(event, queue.Queue())


def group(owner, *others):
    members = [other.user for other in others]
    return owner.call("channel.create", {"kind": "group", "title": "Rialto", "members": members})["id"]
