{{/* The variables of an `.env` file as a map. */}}
{{- define "library.readEnv" -}}
{{- range $line := splitList "\n" . }}
{{- if and $line (not (hasPrefix "#" $line)) }}
{{- $variable := splitn "=" 2 $line }}
{{ $variable._0 }}: {{ $variable._1 | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Takes `env` besides: a map of variables. */}}
{{- define "library.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "library.metadata" . | nindent 2 }}
data:
  {{- range $name, $value := .env }}
  {{ $name }}: {{ $value | quote }}
  {{- end }}
{{- end }}
