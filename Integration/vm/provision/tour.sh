#!/usr/bin/env bash
# Shows what Margay does, with real packets, on node NUMBER or, without a number, from the client's side.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=tools.sh
source "$(dirname "$0")/tools.sh"

from() { local name=$1; shift; ip netns exec "$name" "$@"; }
reaches() { from "$1" ping -n -q -c 2 -W 2 "$2"; }
says() { [ "$(nc -w 5 "$1" 80 </dev/null)" = "$2" ]; }

node() {
    local number=$1
    title "node$number: the service"
    must "it is installed and runs" systemctl is-active margay
    until_ok "it is ready" margay status --brief
    must "the kernel is as wanted" margay check

    title "node$number: packets"
    must "web reaches db" reaches web "10.65.$number.11"
    must "web reaches db over IPv6" reaches web "fd00:65::$number:11"
    must "the host reaches web" ping -n -q -c 2 -W 2 "10.65.$number.10"
    [ "$number" = 1 ] || must "web reaches web of node1" reaches web 10.65.1.10

    title "node$number: lies"
    local before
    before=$(drops db ip)
    from db ip addr add "10.65.$number.99/32" dev eth0
    must_not "db does not get through with another address" \
        from db ping -n -q -c 2 -W 1 -I "10.65.$number.99" "10.65.$number.10"
    from db ip addr delete "10.65.$number.99/32" dev eth0
    must "that is counted" counted db ip "$before"
    before=$(drops db mac)
    from db ip link set eth0 address 02:00:00:00:00:99
    # Without asking for it, since the question is refused already.
    from db ip neigh replace 169.254.1.1 lladdr "$(cat /sys/class/net/cali-db/address)" dev eth0 nud permanent
    must_not "nor with another MAC" reaches db "10.65.$number.10"
    must "that is counted, too" counted db mac "$before"
    from db ip link set eth0 address "$(mac "$number" 11)"
    until_ok "the honest one still gets through" reaches db "10.65.$number.10"

    title "node$number: margay status"
    margay status
}

client() {
    title "client: web of both nodes by its external address"
    local number
    for number in 1 2; do
        ip route replace "198.51.100.$number/32" via "192.168.56.1$number"
        until_ok "198.51.100.$number answers" ping -n -q -c 2 -W 2 "198.51.100.$number"
        until_ok "its web server is that of node$number" says "198.51.100.$number" "web on node$number"
        must_not "its workload address is none of the client's business" ping -n -q -c 1 -W 1 "10.65.$number.11"
    done

    title "client: what both workloads send comes from their external addresses"
    for number in 1 2; do
        must "web on node$number reports from 198.51.100.$number" \
            timeout 60 python3 "$here/await.py" 7000 "web on node$number" "198.51.100.$number"
    done
}

if [ $# = 0 ]; then client; else node "$1"; fi
