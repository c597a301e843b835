#!/usr/bin/env bash
# Makes a workload as a CNI plugin would: a namespace NAME whose eth0 is the other end of INTERFACE.
#   workload.sh NAME INTERFACE MAC IPV4 IPV6
# Its gateways are 169.254.1.1 and fe80::1, whatever its addresses. One that is there is made anew.
set -euo pipefail
name=$1 interface=$2 mac=$3 ipv4=$4 ipv6=$5

! ip netns list | grep -qw "^$name" || ip netns delete "$name"
# A namespace that goes takes its interfaces along, only somewhat later.
ip link delete "$interface" 2>/dev/null || true
ip netns add "$name"
# An address whose duplicates are looked for cannot be used for a second.
ip netns exec "$name" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
ip -n "$name" link set lo up
ip link add "$interface" type veth peer name eth0 netns "$name"
ip -n "$name" link set eth0 address "$mac" up
ip -n "$name" addr add "$ipv4/32" dev eth0
ip -n "$name" addr add "$ipv6/128" dev eth0 nodad
ip -n "$name" route add 169.254.1.1 dev eth0 scope link
ip -n "$name" route add default via 169.254.1.1
ip -n "$name" route add default via fe80::1 dev eth0
ip link set "$interface" up
