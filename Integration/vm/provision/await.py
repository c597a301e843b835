#!/usr/bin/env python3
"""Waits for a UDP message and looks where it comes from: await.py PORT TEXT ADDRESS.

Fails if TEXT has another source.
"""

import socket
import sys

port, text, address = int(sys.argv[1]), sys.argv[2], sys.argv[3]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("", port))
    while True:
        data, (source, _) = server.recvfrom(1500)
        if data.decode().strip() == text:
            sys.exit(None if source == address else f"{text!r} came from {source}")
