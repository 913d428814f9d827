#!/usr/bin/env bash
# Installs the Debian packages that the tests need and that are missing. What `weave-provision` itself needs, it installs.
set -euo pipefail

# command:package
needs=(
  ansible-playbook:ansible-core
  ip:iproute2
  ping:iputils-ping
  shellcheck:shellcheck
  tcpdump:tcpdump
)

missing=()
for need in "${needs[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo 'nothing is missing'
  exit 0
fi

echo "missing: ${missing[*]}"
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "install them and run this again (on Debian, as root: apt-get install ${missing[*]})" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "${missing[@]}"
