# From all manifests of a release: the ConfigMaps that kustomize has named by their content, which change nothing for
# those who do not refer to them, and a canary of each Deployment. A canary has the labels of the others and one more, so
# that the same Services, NetworkPolicies and consumers have it, and it gets its share of requests and events.
def canary:
  .metadata.name += "-canary"
  | .metadata.labels.track = "canary"
  | .spec.replicas = 1
  | .spec.selector.matchLabels.track = "canary"
  | .spec.template.metadata.labels.track = "canary";

[.[] | if .kind == "List" then .items[] else . end]
| {
    apiVersion: "v1",
    kind: "List",
    items: map(
      if .kind == "ConfigMap" and (.metadata.name | test("-[a-z0-9]{10}$")) then .
      elif .kind == "Deployment" then canary
      else empty end
    )
  }
