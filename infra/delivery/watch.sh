#!/bin/sh
# Watches pods for some minutes, and fails as soon as they do badly:
#   infra/delivery/watch.sh 10 '.+-next-.+'
# PROMETHEUS says where the measurements are: namespace/service:port.
set -eu

minutes=$1
pods=$2
namespace=${NAMESPACE:-stagedoor}
window=2m
# Of all requests. Fewer than so many say nothing.
error_limit=${ERROR_LIMIT:-0.01}
requests_at_least=20

fail() {
  echo "watch.sh: $1" >&2
  exit 1
}

# The value of an expression, 0 if there is none.
ask() {
  query=$(jq --null-input --raw-output --arg query "$1" '$query | @uri')
  server="/api/v1/namespaces/${PROMETHEUS%%/*}/services/${PROMETHEUS#*/}/proxy"
  value=$(kubectl get --raw "$server/api/v1/query?query=$query" | jq --raw-output '.data.result[0].value[1] // "0"')
  [ -n "$value" ] || fail "Prometheus does not answer"
  echo "$value"
}

# Whether a comparison of numbers holds, which may have fractions.
holds() { [ "$(jq --null-input "$1")" = true ]; }

of="namespace=\"$namespace\",pod=~\"$pods\""
elsewhere="namespace=\"$namespace\""
end=$(($(date +%s) + minutes * 60))
while [ "$(date +%s)" -lt "$end" ]; do
  sleep "${INTERVAL_SECS:-15}"

  restarts=$(kubectl get pods --namespace "$namespace" --output json | jq --arg pods "^($pods)\$" \
    '[.items[] | select(.metadata.name | test($pods)) | .status.containerStatuses[]?.restartCount] | add // 0')
  [ "$restarts" = 0 ] || fail "a container has ended by itself"

  requests=$(ask "sum(increase(http_requests_total{$of}[$window]))")
  errors=$(ask "sum(increase(http_requests_total{$of,status=~\"5..\"}[$window]))")
  ! holds "$requests >= $requests_at_least and $errors > $requests * $error_limit" \
    || fail "$errors of $requests requests have failed"

  # Whoever is to blame: what one version writes, the other one reads.
  letters=$(ask "sum(increase(bus_dead_letters_total{$elsewhere}[$window]))")
  ! holds "$letters > 0" || fail "a listener has given up on an event"
  violations=$(ask "sum(increase(invariant_violations_total{$elsewhere}[$window]))")
  ! holds "$violations > 0" || fail "an invariant does not hold"

  echo "watch.sh: $requests requests in $window, $errors failed"
done

measured=$(ask "count(up{$of} == 1)")
! holds "$measured == 0" || fail "nobody has measured the pods $pods"
