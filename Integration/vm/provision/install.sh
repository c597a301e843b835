#!/usr/bin/env bash
# Installs a package file as a person would, without any repository: what it depends on must be there.
#   install.sh FILE [OPTION OF apt-get…]
set -euo pipefail
file=$(realpath "$1")
shift
export DEBIAN_FRONTEND=noninteractive
apt-get install --yes --no-install-recommends "$@" "$file"
