#!/bin/sh
# A second release beside the first, with the components of infra/k8s/components:
#   infra/delivery/next.sh start second-release canary <digests.txt   a tenth of the requests goes there
#   infra/delivery/next.sh start second-release <digests.txt          none go there
#   infra/delivery/next.sh lead stagedoor-next                        all go there (stagedoor: all go back)
#   infra/delivery/next.sh end
set -eu
cd "$(dirname "$0")"

namespace=${NAMESPACE:-stagedoor}
second="app.kubernetes.io/instance=stagedoor-next"
case "${1:-}" in
  start)
    shift
    ./render.sh "$@" | jq --from-file next.jq | kubectl apply --namespace "$namespace" --server-side --filename -
    kubectl rollout status --namespace "$namespace" --selector "$second" --timeout 300s deployment
    ;;
  lead)
    for service in auth tickets orders payments client; do
      kubectl patch service --namespace "$namespace" "$service" \
        --patch "{\"spec\":{\"selector\":{\"app.kubernetes.io/instance\":\"$2\"}}}"
    done
    ;;
  end)
    kubectl delete --namespace "$namespace" --ignore-not-found ingress canary
    kubectl delete --namespace "$namespace" --selector "$second" \
      deployment,service,poddisruptionbudget,serviceaccount,configmap
    ;;
  *)
    echo "usage: next.sh start|lead|end" >&2
    exit 2
    ;;
esac
