{{/* The data of a Secret of the overlay dev as YAML, or nothing if it is made elsewhere: the context, and its name. */}}
{{- define "stagedoor.devSecret" -}}
{{- $root := first . }}
{{- $name := last . }}
{{- if eq $root.Values.secrets "dev" }}
{{- $overlay := fromYaml (include "stagedoor.file" (list $root "k8s/overlays/dev/kustomization.yaml")) }}
{{- range $overlay.secretGenerator }}
{{- if eq .name $name }}
{{- range .files }}
{{- $file := splitn "=" 2 . }}
{{ $file._0 }}: {{ include "stagedoor.file" (list $root (printf "k8s/overlays/dev/%s" $file._1)) | b64enc }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
