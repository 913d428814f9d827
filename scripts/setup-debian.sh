#!/usr/bin/env bash
# Installs the Debian packages that the tests need and that are missing. What `weave-provision` itself needs, it installs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# command:package
needs=(
  ansible-lint:ansible-lint
  ansible-playbook:ansible-core
  as:binutils
  busybox:busybox-static
  clang:clang
  dig:bind9-dnsutils
  dnsperf:dnsperf
  dockerd:docker.io
  drill:ldnsutils
  fish:fish
  ip:iproute2
  iptables:iptables
  man:man-db
  nft:nftables
  ping:iputils-ping
  portmap:containernetworking-plugins
  shellcheck:shellcheck
  tcpdump:tcpdump
  wg:wireguard-tools
  wireguard-go:wireguard-go
  zsh:zsh
)

# package:command, unpacked into dist/tools/PACKAGE and not installed: what manages networks would manage that of this machine,
# prometheus would run as a service. The tests only need one command of each, with the library that it comes with.
unpacks=(
  bridge-utils:sbin/brctl
  ifupdown:sbin/ifquery
  libnetplan0:usr/lib/x86_64-linux-gnu/libnetplan.so.0.0
  libnm0:usr/lib/x86_64-linux-gnu/libnm.so.0
  net-tools:sbin/ifconfig
  netcat-traditional:bin/nc.traditional
  netplan.io:usr/libexec/netplan/generate
  network-manager:usr/bin/nmcli
  prometheus:usr/bin/promtool
)

# package:folder of which only that folder is unpacked: the package as a whole is a hundred times larger.
parts=(
  ansible:usr/lib/python3/dist-packages/ansible_collections/amazon/aws
)

# folder:package, for what is no command.
modules=(
  usr/lib/x86_64-linux-musl/libc.a:musl-dev
  usr/lib/python3/dist-packages/boto3:python3-boto3
)

missing=()
for need in "${needs[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin:/usr/lib/cni" command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
for module in "${modules[@]}"; do
  [ -e "/${module%%:*}" ] || missing+=("${module##*:}")
done
packed=()
for unpack in "${unpacks[@]}"; do
  [ -e "/${unpack##*:}" ] || [ -e "dist/tools/${unpack%%:*}/${unpack##*:}" ] || packed+=("${unpack%%:*}")
done
for part in "${parts[@]}"; do
  [ -e "/${part##*:}" ] || [ -e "dist/tools/${part%%:*}/${part##*:}" ] || packed+=("${part%%:*}")
done
if [ ${#missing[@]} -eq 0 ] && [ ${#packed[@]} -eq 0 ]; then
  echo 'nothing is missing'
  exit 0
fi

echo "missing: ${missing[*]} ${packed[*]}"
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  [ ${#missing[@]} -eq 0 ] && exit 0
  echo "install them and run this again (on Debian, as root: apt-get install ${missing[*]})" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
[ ${#missing[@]} -eq 0 ] || apt-get install -q -y --no-install-recommends "${missing[@]}"
for package in "${packed[@]}"; do
  folder=$(mktemp -d)
  # Downloads are made as user _apt, who cannot write everywhere.
  (cd "$folder" && apt-get download -q -o APT::Sandbox::User=root "$package")
  mkdir -p "dist/tools/$package"
  case " ${parts[*]} " in
    *" $package:"*)
      path=$(printf '%s\n' "${parts[@]}" | sed -n "s/^$package://p")
      dpkg-deb --fsys-tarfile "$folder/$package"_*.deb | tar -x -C "dist/tools/$package" "./$path"
      ;;
    *)
      dpkg -x "$folder/$package"_*.deb "dist/tools/$package"
      # Documents and web pages, with links to other packages that lead nowhere here.
      rm -rf "dist/tools/$package/usr/share"
      # Links into folders of the system that only an installation would make.
      find "dist/tools/$package" -xtype l -delete
      ;;
  esac
  rm -r "$folder"
done
