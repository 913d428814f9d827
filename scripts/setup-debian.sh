#!/usr/bin/env bash
# Installs the Debian packages that the tests need and that are missing. What `weave-provision` itself needs, it installs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# command:package
needs=(
  ansible-playbook:ansible-core
  ip:iproute2
  ping:iputils-ping
  shellcheck:shellcheck
  tcpdump:tcpdump
)

# ifupdown belongs to hosts: installed here, it would manage the network of this machine. The tests only need to read with it.
unpacked=dist/tools/ifupdown

missing=()
for need in "${needs[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
if [ ! -e /sbin/ifquery ] && [ ! -e "$unpacked/sbin/ifquery" ]; then lacks_ifquery=yes; else lacks_ifquery=no; fi
if [ ${#missing[@]} -eq 0 ] && [ "$lacks_ifquery" = no ]; then
  echo 'nothing is missing'
  exit 0
fi

echo "missing: ${missing[*]}"
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  [ ${#missing[@]} -eq 0 ] && exit 0
  echo "install them and run this again (on Debian, as root: apt-get install ${missing[*]})" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
[ ${#missing[@]} -eq 0 ] || apt-get install -q -y --no-install-recommends "${missing[@]}"
if [ "$lacks_ifquery" = yes ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  # Downloads are made as user _apt, who cannot write everywhere.
  (cd "$folder" && apt-get download -q -o APT::Sandbox::User=root ifupdown)
  mkdir -p "$unpacked"
  dpkg -x "$folder"/ifupdown_*.deb "$unpacked"
fi
