#!/usr/bin/env bash
# Makes node NUMBER of the two: routes to the other, two workloads as a CNI plugin would make them, their endpoints.
# Run anew at each boot, since workloads do not outlive one.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=tools.sh
source "$(dirname "$0")/tools.sh"
number=${1:?usage: node.sh NUMBER}
other=$((3 - number))

ip route replace "10.65.$other.0/24" via "192.168.56.1$other"
ip route replace "198.51.100.$other/32" via "192.168.56.1$other"

# Workloads of other nodes see each other's own addresses, everybody else the external ones.
mkdir -p /etc/margay/margay.d
printf 'nat: {excludedNetworks: [10.65.0.0/16]}\n' >/etc/margay/margay.d/pods.yaml
margay config check
systemctl reload margay

workload() {
    local name=$1 last=$2 interface=cali-$1; shift 2
    local addresses=("10.65.$number.$last" "fd00:65::$number:$last")
    "$here/workload.sh" "$name" "$interface" "$(mac "$number" "$last")" "${addresses[@]}"
    # A name that starts with a dot is not read: the file appears whole or not at all.
    "$here/endpoint.sh" "$name" "$interface" "$(mac "$number" "$last")" "${addresses[@]}" "$@" >"/etc/margay/resources.d/.$name"
    mv "/etc/margay/resources.d/.$name" "/etc/margay/resources.d/$name.yaml"
}
install -m 644 "$here/profile.yaml" /etc/margay/resources.d/profile.yaml
workload web 10 "198.51.100.$number" "fd00:66::$number"
workload db 11
margay wait web db --timeout 60s

# What web has to say, to whoever asks and, every second, to the client.
serve web-answers ip netns exec web sh -c "while :; do echo web on node$number | nc -N -l 80; done"
serve web-reports ip netns exec web sh -c "while :; do echo web on node$number | nc -u -w 1 192.168.56.100 7000; done"
