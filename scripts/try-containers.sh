#!/usr/bin/env bash
# On the running lab: starts a container on every host, and shows which reaches which.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lab() { node bin/weave-provision.mjs lab "$@"; }
field() { node -p "const lab = JSON.parse(require('node:fs').readFileSync(0, 'utf8')); $1"; }

status=$(lab status --json)
image=$(field 'lab.containerImage' <<<"$status")
mapfile -t hosts < <(field 'lab.hosts.map(host => host.name).join("\n")' <<<"$status")

declare -A address
for host in "${hosts[@]}"; do
  lab exec "$host" -- docker rm -f try >/dev/null 2>&1 || true
  lab exec "$host" -- docker import - try:1 <"$image" >/dev/null
  lab exec "$host" -- docker run -d --name try --hostname "try-$host" try:1 sleep 86400 >/dev/null
  address[$host]=$(lab exec "$host" -- docker inspect -f '{{.NetworkSettings.IPAddress}}' try)
  printf 'container on %-8s %s\n' "$host" "${address[$host]}"
done

echo
failures=0
for from in "${hosts[@]}"; do
  for to in "${hosts[@]}"; do
    [ "$from" = "$to" ] && continue
    if answer=$(lab exec "$from" -- docker exec try ping -c 1 -W 3 "${address[$to]}"); then
      took=$(sed -n 's/.*time=\([0-9.]*\) ms.*/\1 ms/p' <<<"$answer")
    else
      took='NO ANSWER'
      failures=$((failures + 1))
    fi
    printf '%-8s → %-8s %s\n' "$from" "$to" "$took"
  done
done

echo
[ "$failures" -eq 0 ] || { echo "$failures of the containers' ways are broken" >&2; exit 1; }
echo 'every container reaches every other'
