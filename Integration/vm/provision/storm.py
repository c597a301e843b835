#!/usr/bin/env python3
"""Writes endpoints as fast as the disk takes them, for a power cut to fall into.

    storm.py FOLDER NODE COUNT

Each of COUNT endpoints gets a new address, disappears and comes back, over and over. A file is complete and synced
before it gets its name, as a careful writer has it.
"""

import itertools
import os
import sys

TEXT = """apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata: {{name: storm-{number}}}
spec:
  node: {node}
  orchestrator: cni
  endpoint: eth0
  containerID: storm-{number}
  interfaceName: cali1s{number}
  ipNetworks: [10.65.1.{address}/32]
  profiles: [open]
"""


def sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


folder, node, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
for turn in itertools.count():
    for number in range(count):
        path = f"{folder}/storm-{number}.yaml"
        if (turn + number) % 4 == 3:
            if os.path.exists(path):
                os.unlink(path)
                sync(folder)
            continue
        temporary = f"{folder}/.storm-{number}.new"
        address = 100 + number + count * (turn % 3)
        with open(temporary, "w", encoding="ascii") as file:
            file.write(TEXT.format(number=number, node=node, address=address))
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
        sync(folder)
