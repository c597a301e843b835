#!/usr/bin/env bash
# The integration tests on node NUMBER: what happens to running traffic when the agent is killed, restarted, stopped or
# misconfigured; then, where a Swift toolchain is, all kernel tests in the node's own kernel.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=tools.sh
source "$(dirname "$0")/tools.sh"
number=${1:?usage: test.sh NUMBER}
web=10.65.$number.10

no_loss() {
    local what=$1; shift
    local log; log=$(mktemp)
    ip netns exec db ping -n -i 0.05 "$web" >"$log" &
    local ping=$!
    sleep 1
    "$@" >"$output" 2>&1 || fail "$what" "$*"
    sleep 1
    kill -INT $ping; wait $ping || true
    grep -q ' 0% packet loss' "$log" || { tail -3 "$log"; fail "$what" "packets were lost"; }
    ok "$what: $(grep -o '[0-9]* received' "$log"), none lost"
    rm "$log"
}
kill_agent() { systemctl kill --signal=KILL margay; sleep 1; margay wait web db --timeout 60s; }
stop_and_start() { systemctl stop margay; sleep 1; systemctl start margay; }
misconfigure() {
    printf 'endpointToHost: perhaps\n' >/etc/margay/margay.d/wrong.yaml
    systemctl reload margay; sleep 1
    margay status --brief
    if margay config check; then return 1; fi
    rm /etc/margay/margay.d/wrong.yaml; systemctl reload margay
}
edit() { sed -i "$1" /etc/margay/resources.d/db.yaml; }
reaches() { ip netns exec db ping -n -q -c 1 -W 1 "$web"; }

title "node$number: traffic goes on"
no_loss "killed, and started again by systemd" kill_agent
no_loss "restarted" systemctl restart margay
no_loss "stopped for a while" stop_and_start
no_loss "a wrong configuration is refused" misconfigure

title "node$number: what the folder holds is what counts"
edit 's/^  mac: .*/  mac: nonsense/'
until_ok "an invalid edit is rejected" sh -c 'margay status | grep "spec.mac"'
must "and its endpoint goes on" reaches
mv /etc/margay/resources.d/db.yaml /var/tmp/db.yaml
until_ok "a deleted endpoint goes" margay wait db --for gone --timeout 30s
must_not "and is closed" reaches
sed "s/^  mac: .*/  mac: $(mac "$number" 11)/" /var/tmp/db.yaml >/etc/margay/resources.d/db.yaml
must "one that comes back is up" margay wait db --timeout 60s
must "and open" reaches
must "the kernel is as wanted" margay check

if command -v swift >/dev/null; then
    title "node$number: kernel tests"
    cd "$here/../../.."
    make test
fi
