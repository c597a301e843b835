#!/usr/bin/env bash
# Makes sure of a package in dist/: as it is if one lies there, else built, with a toolchain from swift.org. Root only.
#   SWIFT_VERSION  the release to fetch (default 6.3.1)
#   SWIFT_URL      the toolchain's archive, for a mirror or another release
set -euo pipefail
cd "$(dirname "$0")/../../.."

package() { find dist -name 'margay_*.deb' | sort | tail -n 1; }
share() {
    # shellcheck source-path=SCRIPTDIR source=tools.sh
    source Integration/vm/provision/tools.sh
    # Folders are copied when a machine comes up: the other node asks for the package here.
    serve margay-package sh -c "while :; do nc -N -l 8000 <'$PWD/$1'; done"
}
if [ -n "$(package 2>/dev/null)" ]; then
    echo "using $(package)"
    share "$(package)"
    exit 0
fi

version=${SWIFT_VERSION:-6.3.1}
architecture=$(dpkg --print-architecture)
case $architecture in
    amd64) platform=debian12 ;;
    arm64) platform=debian12-aarch64 ;;
    *) platform=${SWIFT_URL:?swift.org has no Debian toolchain for $architecture: give the URL of one} ;;
esac
release=https://download.swift.org/swift-$version-release/$platform/swift-$version-RELEASE
url=${SWIFT_URL:-$release/swift-$version-RELEASE-$platform.tar.gz}
toolchain=/usr/local/swift

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# What the toolchain itself needs, as swift.org lists it for Debian 12.
apt-get -qq install --yes --no-install-recommends ca-certificates curl binutils-gold gcc git libcurl4-openssl-dev \
    libedit-dev libicu-dev libncurses-dev libpython3-dev libsqlite3-dev libstdc++-12-dev libxml2-dev make pkgconf \
    tzdata uuid-dev >/dev/null

if [ "$(cat "$toolchain/url" 2>/dev/null)" != "$url" ]; then
    echo "installing $url"
    rm -rf "$toolchain"
    mkdir -p "$toolchain"
    curl --fail --silent --show-error --location "$url" | tar -xz -C "$toolchain" --strip-components=1
    echo "$url" >"$toolchain/url"
fi
# shellcheck disable=SC2016  # to be expanded at login
echo 'PATH=$PATH:'"$toolchain/usr/bin" >/etc/profile.d/swift.sh
export PATH=$PATH:$toolchain/usr/bin HOME=${HOME:-/root}

make deb
share "$(package)"
