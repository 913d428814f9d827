#!/bin/sh
# sysvinit-boot.sh ROOT HOSTNAME CONTROLLERS: turns fresh namespaces into a host whose PID 1 is busybox init.
# CONTROLLERS: hierarchies of cgroup v1 separated by spaces, "unified" for cgroup v2.
set -eu
root=$1 name=$2 controllers=$3

cd "$root"
mount --rbind . .
cd "$root" # the mount just made, not what it covers
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o nosuid,nodev,noexec sysfs sys
# What belongs to the machine as a whole can be read only: of the settings of the kernel a host has those of the network.
mount --bind sys/devices/virtual/net sys/devices/virtual/net
mount -o remount,bind,ro sys
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
if [ -e proc/sysrq-trigger ]; then
  mount --bind proc/sysrq-trigger proc/sysrq-trigger
  mount -o remount,bind,ro proc/sysrq-trigger
fi
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p run/lock run/network run/sshd
# Who waits for a reboot looks whether this has changed; the kernel's own is the machine's.
cat /proc/sys/kernel/random/uuid >run/boot-id
mount --bind run/boot-id proc/sys/kernel/random/boot_id

mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir -p dev/pts dev/shm dev/net
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mknod dev/net/tun c 10 200

if [ "$controllers" = unified ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 cgroup sys/fs/cgroup
  for controller in $controllers; do
    mkdir "sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "sys/fs/cgroup/$controller"
  done
fi

hostname "$name"
mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=linux /bin/busybox init
