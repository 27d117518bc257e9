#!/bin/sh
# A Debian of its own: this machine's files under a layer that is thrown away, systemd as the first process. Started by
# machine.ts in namespaces of its own (mount, pid, cgroup, uts, ipc), as root; the network is this machine's.
set -e
folder=$1

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
cd "$folder/root"

mount -t proc proc proc
# nothing here changes the settings of the kernel that it shares
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
mkdir sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=1777 tmpfs var/tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for device in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "dev/${device%:*}" c 1 "${device#*:}"
done
ln -s null dev/console

# of Debian's own services the journal is enough, and nothing may reach through to the machine below
rm -rf etc/systemd/system/*.wants usr/lib/systemd/system/*.wants
mkdir -p etc/systemd/system/sysinit.target.wants etc/systemd/system/sockets.target.wants
ln -s /usr/lib/systemd/system/systemd-journald.service etc/systemd/system/sysinit.target.wants/
ln -s /usr/lib/systemd/system/systemd-journald.socket etc/systemd/system/sockets.target.wants/
for unit in tmp.mount -.mount systemd-remount-fs.service; do ln -sf /dev/null "etc/systemd/system/$unit"; done
# a virtual reader would listen on a port of the machine below
rm -rf etc/reader.conf.d/*
# what keeps packages from starting their services while an image is built
rm -f usr/sbin/policy-rc.d

exec env -i container=lxc PATH=/usr/sbin:/usr/bin chroot "$folder/root" \
  /usr/lib/systemd/systemd --system --log-target=journal --unit=basic.target
