// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package backend has what stands behind a Service, as the controllers of
// Endpoints and EndpointSlices share it: what they read of services and pods,
// which pods serve at which addresses and ports, the canonical form of the
// subsets of Endpoints, and the writing of slices.
package backend

// The labels and annotations that the controllers write or heed.
const (
	LabelHeadless    = "service.kubernetes.io/headless"
	LabelServiceName = "kubernetes.io/service-name"
	LabelManagedBy   = "endpointslice.kubernetes.io/managed-by" // of slices
	LabelSkipMirror  = "endpointslice.kubernetes.io/skip-mirror"

	AnnotationTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time"
	AnnotationLeader      = "control-plane.alpha.kubernetes.io/leader"
	AnnotationLastApplied = "kubectl.kubernetes.io/last-applied-configuration"
)

// causeNamespaceTerminating is the cause of the API server's refusal to create
// anything in a namespace that is being deleted.
const causeNamespaceTerminating = "NamespaceTerminating"
