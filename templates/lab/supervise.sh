#!/bin/sh
# supervise.sh STATE LOWER NAMESPACE INTERFACES OWN_GROUP HOST_GROUPS COMMAND…: keeps one host of a lab running.
#
#   boot ──▶ running ──133 or SIGHUP (the host asked for a reboot)──▶ boot
#               └─────anything else (power-off, failure)────────────▶ end
#
# Runs in a mount namespace of its own, so all that it mounts is gone with it, however it ends.
# STATE holds upper, work, root (mount point), docker. INTERFACES and HOST_GROUPS are lists separated by spaces.
set -u
state=$1 lower=$2 namespace=$3 interfaces=$4 own_group=$5 host_groups=$6
shift 6

# A cpuset without processors and memory nodes takes no process (cgroup v1).
make_group() {
  mkdir -p "$1"
  for file in cpuset.cpus cpuset.mems; do
    [ -e "$1/$file" ] || continue
    for group in "${1%/*/*/*}" "${1%/*/*}" "${1%/*}" "$1"; do
      [ -n "$(cat "$group/$file")" ] || cat "${group%/*}/$file" >"$group/$file"
    done
  done
}

# The namespace outlives a reboot, but what a kernel would have forgotten must be forgotten.
clean_network() {
  ip -n "$namespace" -o link | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | while read -r link; do
    case " lo $interfaces " in
    *" $link "*) ;;
    *) ip -n "$namespace" link delete "$link" 2>/dev/null || true ;; # a link may take its pair along
    esac
  done
  for link in $interfaces; do
    ip -n "$namespace" link set "$link" down
    ip -n "$namespace" address flush dev "$link"
    tc -n "$namespace" qdisc delete dev "$link" root 2>/dev/null || true # there is none, usually
    tc -n "$namespace" qdisc delete dev "$link" clsact 2>/dev/null || true
  done
  nsenter --net="/run/netns/$namespace" sh -c 'nft flush ruleset; sysctl -qw net.ipv4.ip_forward=0'
}

remove_groups_below() {
  find "$1" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || true # those in use stay, and are used again
}

[ -z "$own_group" ] || { mkdir -p "$own_group" && echo $$ >"$own_group/cgroup.procs"; }

# systemd-nspawn refuses to clean up after itself when /run is on a disk.
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=755 lab /run/systemd/nspawn || exit 1
mount -t overlay lab -o "lowerdir=$lower,upperdir=$state/upper,workdir=$state/work" "$state/root" || exit 1
# overlay2 of Docker does not stack on an overlay: its folder is a real one.
mkdir -p "$state/root/var/lib/docker"
mount --bind "$state/docker" "$state/root/var/lib/docker" || exit 1

while :; do
  for group in $host_groups; do
    make_group "$group" || exit 1
    remove_groups_below "$group"
  done
  clean_network
  echo "lab: boot $(date '+%F %T')"
  status=0
  # shellcheck disable=SC2016 # the inner shell expands: its process is the one to be moved
  HOST_GROUPS=$host_groups sh -c 'for group in $HOST_GROUPS; do echo $$ >"$group/cgroup.procs" || exit 1; done
    unset HOST_GROUPS; exec "$@"' boot "$@" || status=$?
  echo "lab: left with $status $(date '+%F %T')"
  case $status in
  129 | 133) ;;
  *) exit "$status" ;;
  esac
done
