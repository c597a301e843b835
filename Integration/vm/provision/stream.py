#!/usr/bin/env python3
"""A TCP stream that notices every interruption.

    stream.py serve PORT                    echoes whatever it is sent
    stream.py send ADDRESS PORT FILE        sends a numbered message every 20 ms and waits for no answer

`send` ends at SIGINT: it closes its side, reads the echo to its end and writes to FILE how many messages it sent, how
many came back in order, and the longest time in ms that passed between two of them.
"""

import signal
import socket
import sys
import threading
import time

SIZE = 64


def serve(port: int) -> None:
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=echo, args=(connection,), daemon=True).start()


def echo(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)


def send(address: str, port: int, file: str) -> None:
    # Not an Event: its lock may be held by the very call that the signal interrupts.
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: stopped.append(number))
    connection = socket.create_connection((address, port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    echoed = [0, 0.0]

    def receive() -> None:
        before = time.monotonic()
        with connection.makefile("rb") as stream:
            while message := stream.read(SIZE):
                now = time.monotonic()
                if int(message) != echoed[0]:
                    return
                echoed[0] += 1
                echoed[1] = max(echoed[1], now - before)
                before = now

    receiver = threading.Thread(target=receive, daemon=True)
    receiver.start()
    sent = 0
    while not stopped:
        time.sleep(0.02)
        connection.sendall(f"{sent:0{SIZE - 1}}\n".encode())
        sent += 1
    connection.shutdown(socket.SHUT_WR)
    receiver.join(60)
    with open(file, "w", encoding="ascii") as result:
        print(sent, echoed[0], round(echoed[1] * 1000), file=result)


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    send(sys.argv[2], int(sys.argv[3]), sys.argv[4])
