// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package serve answers HTTP: health, metrics, profiles and pages about the
// host, on a secure port with the flags, certificates, authentication and
// authorization of kube-controller-manager, and, if asked for, on a plain port.
//
//	/healthz /livez /readyz   checks; also by name, /readyz/NAME, ?verbose, ?exclude=NAME
//	/metrics                  Prometheus
//	/debug/pprof/             with --profiling
//
// The parts are those of k8s.io/apiserver that verify certificates, proxies
// and tokens; its option packages are not used, because they bring the whole
// API server along: 36 MB of binary and 22 MB of resident memory. Whoever asks
// is authenticated by client certificate, by an authenticating proxy or by a
// TokenReview, and authorized by a SubjectAccessReview. The paths of
// --authorization-always-allow-paths need neither. On the plain port nobody is
// asked who he is: bind it to a loopback address.
//
// The package changes nothing in the host and knows none of its other parts: it
// shows what it is given. A [Server] runs once; its methods are safe for
// concurrent use.
package serve
