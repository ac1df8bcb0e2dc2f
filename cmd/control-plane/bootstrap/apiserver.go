// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bootstrap

import "strconv"

// EtcdURL and EtcdPeerURL are sockets in the data directory, so the working
// directory of both processes must be that. Two control planes cannot collide
// on them, other users cannot reach them, and being relative they stay within
// the hundred bytes that a socket's path may have.
const (
	EtcdURL     = "unix://etcd.sock"
	EtcdPeerURL = "unix://etcd-peer.sock"
)

// frontProxyClient is the name under which the API server calls aggregated ones.
const frontProxyClient = "front-proxy-client"

// auditPolicy records who wrote what, without bodies.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
- level: None
`

// An APIServer says how kube-apiserver is to run.
type APIServer struct {
	Dir  Dir
	Port int

	// ServiceAccountAdmission turns the admission plugin ServiceAccount on. It
	// refuses every pod until a controller has created the service account
	// "default" in the pod's namespace, and here no such controller may run.
	ServiceAccountAdmission bool

	FeatureGates string   // "A=true,B=false"; empty means upstream's defaults
	AuditLog     string   // file for the audit log; empty means none
	Extra        []string // further arguments; they override those before
}

// Args is the command line. Admission, authentication and storage stay as
// upstream ships them, but for what the fields above say: what passes here
// should pass on a real cluster.
func (s APIServer) Args() []string {
	args := []string{
		"--etcd-servers=" + EtcdURL,
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1", // the default needs a route to the network
		"--secure-port=" + strconv.Itoa(s.Port),
		"--tls-cert-file=" + s.Dir.PKI("apiserver.crt"),
		"--tls-private-key-file=" + s.Dir.PKI("apiserver.key"),
		"--client-ca-file=" + s.Dir.PKI("ca.crt"),
		"--requestheader-client-ca-file=" + s.Dir.PKI("front-proxy-ca.crt"),
		"--requestheader-allowed-names=" + frontProxyClient,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + s.Dir.PKI("front-proxy-client.crt"),
		"--proxy-client-key-file=" + s.Dir.PKI("front-proxy-client.key"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + s.Dir.PKI("sa.pub"),
		"--service-account-signing-key-file=" + s.Dir.PKI("sa.key"),
		"--authorization-mode=Node,RBAC",
		"--enable-bootstrap-token-auth=true",
		"--allow-privileged=true",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--endpoint-reconciler-type=none", // loopback is no valid endpoint
		// Without it a stop waits a minute for clients to end their watches.
		"--shutdown-watch-termination-grace-period=1s",
	}
	if !s.ServiceAccountAdmission {
		args = append(args, "--disable-admission-plugins=ServiceAccount")
	}
	if s.FeatureGates != "" {
		args = append(args, "--feature-gates="+s.FeatureGates)
	}
	if s.AuditLog != "" {
		args = append(args,
			"--audit-log-path="+s.AuditLog,
			"--audit-policy-file="+s.Dir.auditPolicy())
	}
	return append(args, s.Extra...)
}
