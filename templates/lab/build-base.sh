#!/bin/sh
# build-base.sh TARGET SUITE MIRROR PACKAGES: a root file system for the hosts of a lab, as a cloud provider would hand it out:
# sshd, all that brings interfaces up, firewalls and Docker installed, those off and with their packages' configuration, no Node.
set -eu
target=$1 suite=$2 mirror=$3 packages=$4

debootstrap --variant=minbase --include="$packages" "$suite" "$target" "$mirror"

echo 'I: Adapting to the lab'
for unit in docker.service docker.socket containerd.service nftables.service ufw.service firewalld.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer; do
  chroot "$target" systemctl disable "$unit" >/dev/null 2>&1 || echo "I: $unit is not there to be disabled"
done
# Of what brings interfaces up, each host starts its own.
for unit in systemd-networkd.service systemd-networkd-wait-online.service NetworkManager.service \
  NetworkManager-wait-online.service NetworkManager-dispatcher.service getty@tty1.service console-getty.service \
  systemd-firstboot.service; do
  ln -sf /dev/null "$target/etc/systemd/system/$unit"
done
# Runlevels of sysvinit do not follow `systemctl disable`.
for service in docker nftables ufw firewalld; do
  if [ -e "$target/etc/init.d/$service" ]; then chroot "$target" update-rc.d "$service" disable; fi
done

# A manager of units for every login would only make hosts slower.
sed -i '/pam_systemd/d' "$target/etc/pam.d/common-session"

# Each host has its own identity, made by the lab.
rm -f "$target"/etc/ssh/ssh_host_* "$target/etc/machine-id" "$target/var/lib/dbus/machine-id" "$target/etc/hostname"
printf 'UseDNS no\nHostKey /etc/ssh/ssh_host_ed25519_key\n' >"$target/etc/ssh/sshd_config.d/lab.conf"

mkdir -p "$target/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' >"$target/etc/systemd/journald.conf.d/lab.conf"

# systemd-nspawn mounts the controllers of cgroup v1 read-only; dockerd has to make groups of its own there.
cat >"$target/etc/systemd/system/lab-cgroup.service" <<'UNIT'
[Unit]
Description=Make this host's own cgroups writable
DefaultDependencies=no
Before=sysinit.target docker.service
ConditionVirtualization=container

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'for m in /sys/fs/cgroup /sys/fs/cgroup/*; do ! mountpoint -q $$m || mount -o remount,bind,rw $$m; done'

[Install]
WantedBy=sysinit.target
UNIT
chroot "$target" systemctl enable lab-cgroup.service 2>/dev/null

rm -rf "$target"/var/cache/apt/archives/*.deb "$target"/var/lib/apt/lists/* "$target"/usr/share/doc/* \
  "$target"/usr/share/man/* "$target"/usr/share/locale/* "$target"/var/log/bootstrap.log
mkdir -p "$target/var/lib/apt/lists/partial"
echo 'I: Complete'
