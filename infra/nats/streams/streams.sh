#!/bin/sh
# Makes the streams as services make them (common/src/bus/streams.rs), but on REPLICAS servers, and brings those that
# are on fewer to as many. Run with the nats command; NATS_URL and NATS_NKEY (a file with the seed) say where and as whom.
set -eu
for stream in AUTH TICKETS ORDERS EXPIRATION PAYMENTS DLQ; do
  subjects="$(echo "$stream" | tr '[:upper:]' '[:lower:]').>"
  if nats stream info "$stream" > /dev/null 2>&1; then
    nats stream edit "$stream" --replicas="$REPLICAS" --force
  else
    nats stream add "$stream" --subjects="$subjects" --replicas="$REPLICAS" --storage=file --retention=limits \
      --discard=new --max-age=168h --max-bytes=1073741824 --dupe-window=2m --defaults
  fi
done
