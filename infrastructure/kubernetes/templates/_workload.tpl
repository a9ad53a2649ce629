{{/* A component that runs for as long as the platform does. Takes root, component, program. */}}
{{- define "platform.deployment" -}}
{{- $own := get .root.Values .component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
spec:
  {{- if not $own.autoscaling.enabled }}
  replicas: {{ $own.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  # A new pod is ready before an old one ends.
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels:
      {{- include "platform.selector" . | nindent 6 }}
  template:
    {{- include "platform.pod" . | nindent 4 }}
{{- end -}}

{{/* Takes root, component; requestsPerSecond: of one pod, 0 where they are not asked for. */}}
{{- define "platform.autoscaler" -}}
{{- $own := get .root.Values .component -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "platform.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "platform.name" .root }}-{{ .component }}
  minReplicas: {{ $own.autoscaling.minReplicas }}
  maxReplicas: {{ $own.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ $own.autoscaling.cpuPercent }} }
    {{- with .requestsPerSecond }}
    - type: Pods
      pods:
        metric: { name: http_requests_per_second }
        target: { type: AverageValue, averageValue: {{ . | quote }} }
    {{- end }}
{{- end -}}
