#!/busybox/sh
# Runs a service in a dev container, and again whenever its binary in /sync has been replaced. A binary that ends by
# itself is started again as well, in the same container, so that the next one can still be copied into it.
set -u

binary=/sync/$SERVICE
[ -e "$binary" ] || cp "/app/$SERVICE" "$binary"
# Nobody waits for a load balancer here.
export DRAIN_SECS=0

state() { stat -c '%i %s %Y' "$binary" 2>/dev/null; }

stop() {
  kill -TERM "$child" 2>/dev/null
  wait "$child"
}
trap 'stop; exit 0' TERM INT

while :; do
  running=$(state)
  "$binary" &
  child=$!
  while [ "$(state)" = "$running" ] && kill -0 "$child" 2>/dev/null; do sleep 0.1; done
  stop
  # It is being written until it stays the same for a moment.
  seen=
  while [ -z "$seen" ] || [ "$(state)" != "$seen" ]; do seen=$(state); sleep 0.2; done
  [ "$seen" != "$running" ] || sleep 1
  echo "dev: starting $SERVICE again"
done
