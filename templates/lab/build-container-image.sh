#!/bin/sh
# build-container-image.sh BUSYBOX TAR: the root file system of a container that needs no registry: busybox with all its names.
set -eu
busybox=$1 tar=$2

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/dev" "$root/etc" "$root/proc" "$root/root" "$root/sys" "$root/tmp" "$root/www"
chmod 755 "$root"
cp "$busybox" "$root/bin/busybox"
chmod 755 "$root/bin/busybox"
"$busybox" --list | while read -r name; do
  [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"
done
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
tar --create --file "$tar" --directory "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner .
