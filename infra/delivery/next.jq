# From all objects of a release: what is the second release's own, the canary's Ingress, and the ConfigMaps that kustomize
# has named by their content, which change nothing for those who do not refer to them.
.items |= map(
  select(
    .metadata.labels["app.kubernetes.io/instance"] == "stagedoor-next"
    or (.kind == "Ingress" and .metadata.name == "canary")
    or (.kind == "ConfigMap" and (.metadata.name | test("-[a-z0-9]{10}$")))
  )
)
