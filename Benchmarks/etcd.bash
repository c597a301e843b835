# What following an etcd costs; a part of run, whose functions and variables it uses.
# shellcheck shell=bash

# The same folder again is the same etcd, which has only been away.
etcd_start() {
	ip netns exec "$host" etcd --data-dir "$folder/etcd" --unsafe-no-fsync --logger zap --log-level error \
		>>"$folder/etcd.log" 2>&1 &
	etcd=$!
	until in_host curl -fs -o "$folder/health" http://127.0.0.1:2379/health; do sleep 0.1; done
}

etcd_kill() {
	kill -KILL "$etcd"
	wait "$etcd" 2>/dev/null || true
}

etcd_prepare() {
	prepare
	cat >"$folder/margay.yaml" <<-YAML
		node: bench
		source: {type: etcd, etcd: {endpoints: ["http://127.0.0.1:2379"]}}
		status: {socket: $folder/margay.sock}
		lastGood: {path: $folder/last-good.yaml}
		logging: {level: error}
	YAML
	etcd_start
}

etcd_profile() {
	ETCDCTL_API=3 in_host etcdctl put /calico/resources/v3/projectcalico.org/profiles/open >"$folder/answer" \
		'{"kind":"Profile","apiVersion":"projectcalico.org/v3","metadata":{"name":"open"},"spec":{"ingress":[{"action":"Allow"}],"egress":[{"action":"Allow"}]}}'
}

etcd_agent() {
	ip netns exec "$host" "$MARGAY" --config "$folder/margay.yaml" agent &
	agent=$!
}

# The status of a command that tells of anything wrong is not 0.
source_is() { margay status >"$folder/status" 2>&1 || true; grep -q "^Source *$1" "$folder/status"; }

until_in_sync() {
	until source_is "in sync"; do
		kill -0 "$agent"
		sleep 0.1
	done
}

etcd_end() {
	kill "$agent"
	wait "$agent" || true
	agent=
	kill -CONT "$etcd"
	kill "$etcd"
	wait "$etcd" || true
	etcd=
}

# Of the agent: processor time in hundredths of a second, and how much memory it has or had at most.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$agent/stat"; }
megabytes() { awk -v name="$1:" '$1 == name { printf "%.0f MB", $2 * 1024 / 1000000 }' "/proc/$agent/status"; }

hundredths() { awk '{ printf "%.2f s", $1 / 100 }'; }
seconds_since() { echo $((${EPOCHREALTIME/./} - $1)) | awk '{ printf "%.2f s", $1 / 1000000 }'; }
figure() { printf '  %-42s %s\n' "$1:" "$2"; }

# From before the put is sent until the kernel announces the route, which is last of all that is programmed.
etcd_add() {
	local present=$1 added=200
	etcd_prepare
	etcd_profile
	interfaces $((present + added))
	in_host Benchmarks/etcd-client local 1 "$present"
	etcd_agent
	until margay status --brief >/dev/null 2>&1; do
		kill -0 "$agent"
		sleep 0.2
	done
	sleep 2
	in_host Benchmarks/etcd-client add $((present + 1)) $((present + added)) >"$folder/heard"
	echo "one endpoint put into etcd, $present present ($added times, median, 99 of 100)"
	figure "put until its route is in the kernel" "$(quantile heard 0.5 | milliseconds)  $(quantile heard 0.99 | milliseconds)"
	etcd_end
}

etcd_list() {
	local count=$1 start
	etcd_prepare
	etcd_profile
	in_host Benchmarks/etcd-client fill "$count"
	echo "$count endpoints of other nodes in etcd"
	start=${EPOCHREALTIME/./}
	etcd_agent
	until_in_sync
	figure "start of the agent until it is in sync" "$(seconds_since "$start")"
	figure "processor time for that" "$(ticks | hundredths)"
	figure "largest memory until then" "$(megabytes VmHWM)"
	until [ -e "$folder/last-good.yaml" ]; do sleep 0.2; done
	sleep 1
	figure "largest until all was kept on disk, and now" "$(megabytes VmHWM), $(megabytes VmRSS)"
	etcd_relist
	etcd_down
	kill "$agent"
	wait "$agent" || true
	start=${EPOCHREALTIME/./}
	etcd_agent
	until_in_sync
	figure "a restart until it is in sync" "$(seconds_since "$start")"
	sleep 3
	figure "largest memory of that" "$(megabytes VmHWM)"
	etcd_end
}

# The member ends and comes back: everything is listed again, and nothing of it has changed.
etcd_relist() {
	local before
	before=$(ticks)
	etcd_kill
	while source_is "in sync"; do sleep 0.1; done
	etcd_start
	until_in_sync
	figure "processor time of listing it all again" "$(echo $(($(ticks) - before)) | hundredths)"
	figure "largest memory until then" "$(megabytes VmHWM)"
}

# A hundredth of a second in a second is one hundredth of a core.
etcd_down() {
	local kind before seconds=60
	for kind in refused stopped silent; do
		case $kind in
		refused) etcd_kill ;;
		stopped) kill -STOP "$etcd" ;;
		silent) in_host nft 'table inet bench { chain input { type filter hook input priority 0; tcp dport 2379 drop; }; }' ;;
		esac
		sleep 5
		before=$(ticks)
		sleep "$seconds"
		figure "etcd is away ($kind), part of a core" \
			"$(echo $(($(ticks) - before)) "$seconds" | awk '{ printf "%.2f %%", $1 / $2 }'), $(megabytes VmRSS)"
		case $kind in
		refused) etcd_start ;;
		stopped) kill -CONT "$etcd" ;;
		silent) in_host nft delete table inet bench ;;
		esac
		until_in_sync
	done
}
