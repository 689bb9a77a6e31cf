#!/usr/bin/python3
"""A mail server (aiosmtpd) that answers DATA as told and keeps what it took.

smtp_server.py PORT_FILE MAILS_FILE [ANSWER...]: the first mails get the answers (`451`), then 250.
"""

import json
import socket
import sys
import time

from aiosmtpd.controller import Controller

port_file, mails_file, *answers = sys.argv[1:]


class Keep:
    async def handle_DATA(self, server, session, envelope):
        answer = answers.pop(0) if answers else "250"
        with open(mails_file, "a", encoding="utf-8") as out:
            json.dump(
                {
                    "answer": answer,
                    "peer": session.peer[1],
                    "to": envelope.rcpt_tos,
                    "mail": envelope.content.decode("utf-8", "replace"),
                },
                out,
            )
            out.write("\n")
        return f"{answer} as told"


# The controller connects to its own port once to see that it listens, so it must know it.
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(Keep(), hostname="127.0.0.1", port=port)
controller.start()
with open(port_file, "w", encoding="ascii") as out:
    out.write(f"{port}\n")
time.sleep(600)
