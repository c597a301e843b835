#!/usr/bin/env bash
# Prints the WorkloadEndpoint of a workload that workload.sh made, on this node.
#   endpoint.sh NAME INTERFACE MAC IPV4 IPV6 [EXTERNAL4 EXTERNAL6]
set -euo pipefail
name=$1 interface=$2 mac=$3 ipv4=$4 ipv6=$5 external4=${6-} external6=${7-}

cat <<YAML
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata:
  name: $name
spec:
  node: $(uname -n)
  orchestrator: cni
  containerID: $name
  endpoint: eth0
  interfaceName: $interface
  mac: $mac
  ipNetworks: [$ipv4/32, "$ipv6/128"]
  ipv6Gateway: fe80::1
  profiles: [open]
YAML
[ -z "$external4" ] || cat <<YAML
  ipNATs:
  - {internalIP: $ipv4, externalIP: $external4}
  - {internalIP: "$ipv6", externalIP: "$external6"}
YAML
