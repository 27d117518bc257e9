#!/bin/sh
# The reader at this counter, by hand: `sudo authen-bridge-reader status`. Root steps down to the reader's own user, so
# that nothing in the spool ever belongs to anybody else.
set -e
user=authen-bridge-reader
lib=/usr/lib/authen-bridge-reader
set -- "$lib/bin/node" --use-system-ca "$lib/packaging/counter/start.ts" "$@"
if [ "$(id -u)" -eq 0 ]; then
  exec setpriv --reuid="$user" --regid="$user" --init-groups --reset-env -- "$@"
fi
exec "$@"
