#!/bin/sh
# One pod of the next version beside those of the present one, for each service and the client:
#   infra/delivery/canary.sh start <digests.txt
#   infra/delivery/canary.sh end
set -eu
cd "$(dirname "$0")"

namespace=${NAMESPACE:-stagedoor}
case "${1:-}" in
  start)
    ./render.sh | kubectl create --dry-run=client --validate=false --filename - --output json \
      | jq --slurp --from-file canary.jq | kubectl apply --namespace "$namespace" --server-side --filename -
    kubectl rollout status --namespace "$namespace" --selector track=canary --timeout 300s deployment
    ;;
  end) kubectl delete --namespace "$namespace" --selector track=canary deployment ;;
  *)
    echo "usage: canary.sh start|end" >&2
    exit 2
    ;;
esac
