#!/bin/sh
# Takes a Mesos agent down for maintenance before a change, and up again after it: mesos-maintenance.sh before|after HOST
# MESOS_MASTER is the address of the leading master; WEAVE_ADDRESS comes from weave-provision.
set -eu

moment=$1 host=$2
master=${MESOS_MASTER:-http://leader.mesos:5050}
machine="[{\"hostname\": \"$host\", \"ip\": \"$WEAVE_ADDRESS\"}]"

post() {
  curl --fail --silent --show-error --max-time 30 -H 'Content-Type: application/json' -d "$2" "$master/$1" >/dev/null
}

case $moment in
  before)
    # A machine can only go down when a window for it is scheduled.
    window="{\"windows\": [{\"machine_ids\": $machine, \"unavailability\": {\"start\": {\"nanoseconds\": $(date +%s)000000000}}}]}"
    post maintenance/schedule "$window"
    post machine/down "$machine"
    ;;
  after)
    post machine/up "$machine"
    ;;
  *)
    echo "usage: $0 before|after HOST" >&2
    exit 2
    ;;
esac
