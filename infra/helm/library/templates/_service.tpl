{{- define "library.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "library.metadata" . | nindent 2 }}
spec:
  type: ClusterIP
  selector:
    {{- include "library.selector" . | nindent 4 }}
  ports:
    {{- range .service.ports }}
    - name: {{ .name }}
      port: {{ .number }}
      targetPort: {{ .name }}
    {{- end }}
{{- end }}
