# For the scripts beside it, which source it: one line for each thing that was tried, and the end at the first that fails.
# Addresses: node N is 192.168.56.1N, its workloads are 10.65.N.10 (web, outside 198.51.100.N) and 10.65.N.11 (db).
# shellcheck shell=bash
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# The MAC of the workload of node NUMBER whose address ends in LAST: mac NUMBER LAST.
mac() { printf '02:00:00:65:%02x:%02x' "$1" "$2"; }
title() { printf '\n%s\n' "$*"; }
ok() { printf '  ok  %s\n' "$1"; }
fail() { printf '  NOT %s: %s\n' "$1" "$2"; cat "$output"; exit 1; }
must() { local what=$1; shift; if "$@" >"$output" 2>&1; then ok "$what"; else fail "$what" "$*"; fi; }
must_not() { local what=$1; shift; if "$@" >"$output" 2>&1; then fail "$what" "$*"; else ok "$what"; fi; }
# Tries for a minute: machines under emulation are slow.
until_ok() {
    local what=$1 end=$((SECONDS + 60)); shift
    until "$@" >"$output" 2>&1; do [ $SECONDS -lt $end ] || fail "$what" "$*"; sleep 0.5; done
    ok "$what"
}
# The count of a drop reason of an endpoint.
drops() {
    { margay status -o json "$1" || true; } |
        awk -v reason="\"$2\"" '/"drops"/ {inside = 1} inside && $1 == reason {gsub(/[^0-9]/, "", $3); print $3; exit}'
}
counted() { [ "$(drops "$1" "$2")" -gt "${3:-0}" ]; }
# Runs a command for as long as the machine is up, under this name, instead of one that ran before.
serve() {
    local unit=$1; shift
    systemctl stop "$unit" 2>/dev/null || true
    systemd-run --quiet --collect --unit="$unit" --property=Restart=always --property=RestartSec=0 \
        --property=StartLimitIntervalSec=0 "$@"
}
