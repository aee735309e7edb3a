{{/* An image of Stagedoor: by its digest where one is given, else by the tag. */}}
{{- define "library.image" -}}
{{- $image := .root.Values.image }}
{{- $repository := printf "stagedoor/%s" .name }}
{{- with $image.registry }}
{{- $repository = printf "%s/%s" . $repository }}
{{- end }}
{{- with index $image.digests .name }}
{{- printf "%s@%s" $repository . }}
{{- else }}
{{- printf "%s:%s" $repository $image.tag }}
{{- end }}
{{- end }}
