#!/usr/bin/env bash
# Three workloads that send at once to somebody outside, each in its own way, and how many packets arrived from each:
#   plain    by an interface that is no workload's: shows that packets do get through
#   unknown  by an interface with a workload's prefix that no endpoint claims
#   liar     by the interface of an endpoint, with another MAC and address than the endpoint's
#   early-workload.sh RESULT
set -euo pipefail
result=$1
workload=$(dirname "$0")/workload.sh
outside=198.51.100.2

ip netns add early-outside
ip link add early0 type veth peer name eth0 netns early-outside
ip addr add 198.51.100.1/24 dev early0
ip link set early0 up
ip -n early-outside addr add $outside/24 dev eth0
ip -n early-outside link set eth0 up
ip netns exec early-outside nft -f - <<'RULES'
table ip early {
    set seen { type ipv4_addr; size 16; counter; elements = { 10.66.0.1, 10.66.0.2, 10.66.0.3 } }
    chain input { type filter hook input priority 0; ip saddr @seen accept; }
}
RULES
echo 1 >/proc/sys/net/ipv4/ip_forward

# NAME INTERFACE ADDRESS
send() {
    "$workload" "$1" "$2" "02:00:00:00:66:${3##*.}0" "$3" "2001:db8:66::${3##*.}"
    ip route replace "$3/32" dev "$2"
    # Nobody answers for the gateway yet, and a liar would not ask.
    ip -n "$1" neigh replace 169.254.1.1 lladdr "$(cat "/sys/class/net/$2/address")" dev eth0 nud permanent
    ip netns exec "$1" ping -n -q -c 3 -i 0.2 -W 1 $outside >/dev/null || true
}
send unknown cali-early 10.66.0.1
send liar cali1web 10.66.0.2
send plain plain0 10.66.0.3

count() {
    ip netns exec early-outside nft list set ip early seen | tr ',{}' '\n' |
        sed -nE "s/^[[:space:]]*$1 counter packets ([0-9]+) .*/\1/p"
}
{
    echo "unknown $(count 10.66.0.1)"
    echo "liar $(count 10.66.0.2)"
    echo "plain $(count 10.66.0.3)"
} >"$result.new"
for name in unknown liar plain early-outside; do ip netns delete $name; done
mv "$result.new" "$result"
