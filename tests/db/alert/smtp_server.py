#!/usr/bin/python3
"""A mail server (aiosmtpd) that misbehaves on request and keeps the mails it took.

smtp_server.py PORT_FILE MAILS_FILE [OPTION...] [ANSWER...]

The first mails get the answers, then all get 250: `451` after DATA, `rcpt:450`, `mail:450`
before it; `cut` takes the mail and hangs up before its answer is sent; `lose` hangs up
without taking it; `hang` says nothing after DATA. Each mail that reaches DATA is a line of JSON.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import socket
import ssl
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("port_file")
parser.add_argument("mails_file")
parser.add_argument("answers", nargs="*")
parser.add_argument("--tls", choices=["implicit", "starttls"])
parser.add_argument("--certificate", nargs=2, metavar=("CERT", "KEY"))
parser.add_argument("--login", nargs=2, metavar=("USER", "PASSWORD"))
options = parser.parse_intermixed_args()
answers = options.answers


class Keep:
    """Each mail takes one of `answers`, at the step that it names."""

    def scripted(self, step):
        if answers and answers[0].startswith(step + ":"):
            return answers.pop(0).split(":")[1] + " as requested"
        return None

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        envelope.mail_from = address
        return self.scripted("mail") or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        answer = self.scripted("rcpt")
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = answers.pop(0) if answers else "250"
        line = {
            "answer": answer,
            "peer": session.peer[1],
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "user": getattr(session, "auth_data", None),
            "to": envelope.rcpt_tos,
            "mail": envelope.content.decode("utf-8", "replace"),
        }
        with open(options.mails_file, "a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
        if answer in ("cut", "lose"):
            server.transport.abort()
        if answer == "hang":
            await asyncio.sleep(600)
        return f"{answer} as requested"

    async def auth_CRAM__MD5(self, server, args):
        challenge = b"<1896.697170952@mail.example.com>"
        said = await server.challenge_auth(challenge)
        user, digest = said.decode().rsplit(" ", 1)
        password = options.login[1].encode()
        good = hmac.new(password, challenge, hashlib.md5).hexdigest()
        return AuthResult(success=digest == good, handled=False, auth_data=user)


def login(server, session, envelope, mechanism, data):
    given = [data.login.decode(), data.password.decode()]
    return AuthResult(success=given == options.login, handled=False, auth_data=given[0])


settings = {}
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*options.certificate)
    if options.tls == "implicit":
        settings["ssl_context"] = context
    else:
        settings.update(tls_context=context, require_starttls=True)
if options.login:
    settings.update(authenticator=login, auth_required=True, auth_require_tls=False)

# The controller connects to its own port once to see that it listens, so it must know it.
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(Keep(), hostname="127.0.0.1", port=port, **settings)
controller.start()
with open(options.port_file, "w", encoding="ascii") as out:
    out.write(f"{port}\n")
time.sleep(600)
