#!/bin/bash
# A real object store for tests: Ceph's RADOS gateway from Debian's packages, as an ordinary user, on loopback, with its
# data in memory. Nothing is installed: packages are fetched once into DIR and unpacked there.
#   radosgw.sh up DIR PORT    prints "endpoint=… access_key=… secret_key=…" when it answers
#   radosgw.sh down DIR PORT
# Several may run beside each other, each on a port of its own.
set -euo pipefail
verb=${1:?up or down}; dir=$(mkdir -p "${2:?folder}" && cd "$2" && pwd); port=${3:-33380}
root=$dir/root; run=$dir/run-$port; lib=$root/usr/lib/$(uname -m)-linux-gnu
export LD_LIBRARY_PATH=$lib:$lib/ceph:$root/lib/$(uname -m)-linux-gnu PATH=$root/usr/bin:$PATH
export PYTHONPATH=$root/usr/lib/python3/dist-packages CEPH_CONF=$run/ceph.conf

stop() {
  for name in client.rgw osd.0 mon.a; do
    [ -f "$run/$name.pid" ] || continue
    pid=$(cat "$run/$name.pid"); kill "$pid" 2>/dev/null || true
    for _ in $(seq 20); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
    kill -9 "$pid" 2>/dev/null || true; rm -f "$run/$name.pid"
  done
}
if [ "$verb" = down ]; then stop; rm -rf "$run"; exit 0; fi
trap '[ -f "$run/up.log" ] && tail -n 5 "$run/up.log" >&2' ERR

exec 9>"$dir/lock"; flock 9 # one fetches, the others wait
if [ ! -x "$root/usr/bin/radosgw" ]; then
  mkdir -p "$dir/debs/partial"
  apt-get install -y --download-only --no-install-recommends -o Dir::Cache::archives="$dir/debs" \
    ceph-mon ceph-osd ceph-mgr radosgw ceph-common >"$dir/apt.log" 2>&1
  for deb in "$dir"/debs/*.deb; do dpkg -x "$deb" "$root"; done
fi
flock -u 9; exec 9>&-
stop; rm -rf "$run"; mkdir -p "$run/mon" "$run/osd" "$run/log"
fsid=$(cat /proc/sys/kernel/random/uuid); osd=$(cat /proc/sys/kernel/random/uuid)
cat >"$run/ceph.conf" <<C
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$((port - 80)),v1:127.0.0.1:$((port - 79))]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $run/keyring
auth allow insecure global id reclaim = false
run dir = $run
admin socket = $run/\$name.asok
pid file = $run/\$name.pid
log file = $run/log/\$name.log
crash dir = $run
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
osd crush chooseleaf type = 0
plugin dir = $lib/ceph
osd class dir = $lib/rados-classes
erasure code dir = $lib/ceph/erasure-code
[mon.a]
mon data = $run/mon
[osd]
osd objectstore = memstore
memstore device bytes = 4294967296
osd data = $run/osd
osd class load list = *
osd class default list = *
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw data = $run
rgw enable ops log = false
rgw dns name = localhost
C
ceph() { python3 "$root/usr/bin/ceph" -c "$run/ceph.conf" "$@"; }
{
  ceph-authtool --create-keyring "$run/keyring" --gen-key -n client.admin \
    --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  ceph-authtool "$run/keyring" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$run/keyring" --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx'
  ceph-authtool "$run/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
  monmaptool --create --fsid "$fsid" \
    --addv a "[v2:127.0.0.1:$((port - 80)),v1:127.0.0.1:$((port - 79))]" "$run/monmap"
  ceph-mon --mkfs -i a --monmap "$run/monmap" --keyring "$run/keyring" -c "$run/ceph.conf"
  ceph-mon -i a -c "$run/ceph.conf"
  ceph osd new "$osd"; ceph auth import -i "$run/keyring"
  ceph-osd -i 0 --mkfs --osd-uuid "$osd" -c "$run/ceph.conf"
  ceph-osd -i 0 -c "$run/ceph.conf"
  ceph osd crush add osd.0 1.0 host=h root=default || true
  radosgw -n client.rgw -c "$run/ceph.conf"
} >"$run/up.log" 2>&1
for _ in $(seq 60); do curl -s -o /dev/null "http://127.0.0.1:$port/" && break; sleep 1; done
radosgw-admin -c "$run/ceph.conf" -n client.rgw user create --uid=kura --display-name=kura \
  --access-key=KURATEST --secret=kura-test-secret >>"$run/up.log" 2>&1
echo "endpoint=http://127.0.0.1:$port access_key=KURATEST secret_key=kura-test-secret"
