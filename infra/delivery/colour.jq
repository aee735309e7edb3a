# From all manifests of a release: its ConfigMaps that are named by their content, and its Deployments under a colour. The
# label is in the selectors as well, so that each colour keeps to its own pods.
def coloured:
  .metadata.name += "-" + $colour
  | .metadata.labels.colour = $colour
  | .spec.selector.matchLabels.colour = $colour
  | .spec.template.metadata.labels.colour = $colour;

[.[] | if .kind == "List" then .items[] else . end]
| {
    apiVersion: "v1",
    kind: "List",
    items: map(
      if .kind == "ConfigMap" and (.metadata.name | test("-[a-z0-9]{10}$")) then .
      elif .kind == "Deployment" then coloured
      else empty end
    )
  }
