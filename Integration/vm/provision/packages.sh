#!/usr/bin/env bash
# Installs what the scripts beside this one run; says and does nothing where all of it is there.
set -euo pipefail
tools="ip:iproute2 ping:iputils-ping nft:nftables nc:netcat-openbsd conntrack:conntrack python3:python3-minimal"
missing=()
for tool in $tools; do
    command -v "${tool%:*}" >/dev/null || missing+=("${tool#*:}")
done
[ ${#missing[@]} -gt 0 ] || exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
