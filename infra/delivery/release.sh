#!/bin/sh
# Deploys what a canary has shown to be good, watches it, and goes back if it is not:
#   infra/delivery/release.sh <digests.txt
set -eu
cd "$(dirname "$0")"

namespace=${NAMESPACE:-stagedoor}
deployments="auth tickets orders expiration payments client"

# By force, as the Services may have been led to another release by hand.
./render.sh | kubectl apply --server-side --force-conflicts --filename -

settle() {
  for deployment in $deployments; do
    kubectl rollout status --namespace "$namespace" --timeout 600s "deployment/$deployment" || return 1
  done
}

if settle && ./watch.sh "${SETTLE_MINUTES:-5}" "($(echo "$deployments" | tr ' ' '|'))-.+"; then exit 0; fi
for deployment in $deployments; do
  kubectl rollout undo --namespace "$namespace" "deployment/$deployment"
done
settle
echo "release.sh: the release was taken back" >&2
exit 1
