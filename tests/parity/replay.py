"""Sends a history to one server, and writes its answers down in a form that is the same on every
server: what is made up there (ids, numbers, tokens, instants) by the order in which it was seen."""

import json
import re
from urllib.parse import urlencode

from client import Client

IDS = {"id", "owner_id", "user_id", "actor_id", "sub", "sid", "session_id"}
SECRETS = {"access_token", "refresh_token", "request_id"}
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
HEADERS = ("ETag", "X-Total-Count", "Allow", "Location")


class Replay:
    """One server, and what its answers have told."""

    def __init__(self, server, password):
        self.server = server
        self.clients = {"": Client(server)}
        self.products = []
        self.seen = {}
        self.clients["root"] = Client(server).login("root", password)

    def run(self, calls):
        """The answers, one text a call."""
        return [self.one(call) for call in calls]

    def one(self, call):
        query = dict(call.query)
        pages = query.pop("follow", 0)
        client = self.clients.get(call.who) or self.clients[""]
        texts = []
        while True:
            reply = self._send(client, call, query)
            texts.append(self._text(reply))
            answer = _object(reply)
            if call.makes and reply.status == 201:
                self.products.append(answer["id"])
            elif call.makes:
                self.products.append("none")
            if call.logs_in and reply.status == 200:
                self.clients[call.logs_in] = Client(self.server).take(answer)
            if call.logs_out:
                self.clients.pop(call.who, None)
            cursor = answer.get("next_cursor") if pages > 0 and reply.status == 200 else None
            if not cursor:
                return "\n".join(texts)
            query["cursor"] = cursor
            pages -= 1

    def _send(self, client, call, query):
        path = re.sub(r"\{product:(\d+)\}", self._product, call.path)
        body = call.body
        if body is not None and body.get("refresh_token") == "{refresh}":
            body = {"refresh_token": client.refresh_token or "none"}
        target = f"{path}?{urlencode(query)}" if query else path
        return client.request(call.method, target, json=body)

    def _product(self, match):
        index = int(match.group(1))
        return self.products[index] if index < len(self.products) else "none"

    # --- the form of an answer ---

    def _text(self, reply):
        body = self._plain("", _object(reply)) if reply.body else None
        headers = {name: reply.headers[name] for name in HEADERS if name in reply.headers}
        if "Location" in headers:
            headers["Location"] = re.sub(r"[0-9a-f-]{36}", self._alias, headers["Location"])
        return json.dumps([reply.status, headers, body], ensure_ascii=False, sort_keys=True)

    def _alias(self, match):
        return self._name("id", match.group(0))

    def _name(self, kind, value):
        return f"{kind} {self.seen.setdefault((kind, value), len(self.seen))}"

    def _plain(self, key, value):
        if isinstance(value, dict):
            number = self._name("product" if "price" in value else "person", value.get("number"))
            plain = {k: self._plain(k, v) for k, v in value.items() if k != "number"}
            return {**plain, "number": number} if "number" in value else plain
        if isinstance(value, list):
            return [self._plain(key, item) for item in value]
        if value is None:
            return None
        if key in IDS and isinstance(value, str):
            return self._name("id", value)
        if key in SECRETS or key == "next_cursor":
            return key
        if isinstance(value, str) and INSTANT.match(value):
            return "instant"
        return value


def _object(reply):
    try:
        value = json.loads(reply.body)
    except ValueError:
        return {"text": reply.body.decode("utf-8", "backslashreplace")}
    return value if isinstance(value, dict) else {"value": value}
