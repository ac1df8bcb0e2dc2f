// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/elect"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

// TestHostRoles: the host may list and watch what its plugins watch, request
// tokens of their accounts, and lead; and no more.
func TestHostRoles(t *testing.T) {
	const (
		nobody = `# It asks who calls its own endpoints, if it is the user of --authentication-kubeconfig,
- apiGroups: ["authentication.k8s.io"]
  resources: ["tokenreviews"]
  verbs: ["create"]
# and whether they may, if it is the user of --authorization-kubeconfig.
- apiGroups: ["authorization.k8s.io"]
  resources: ["subjectaccessreviews"]
  verbs: ["create"]
`
		leader = `- apiGroups: [""]
  resources: ["configmaps"]
  verbs: ["get", "list", "watch"]
  resourceNames: ["extension-apiserver-authentication"]
# It elects a leader, and reports Events about the Lease.
- apiGroups: ["coordination.k8s.io"]
  resources: ["leases"]
  verbs: ["get", "update", "watch"]
  resourceNames: ["wasm-controller-manager"]
# RBAC cannot limit create to names.
- apiGroups: ["coordination.k8s.io"]
  resources: ["leases"]
  verbs: ["create"]
- apiGroups: [""]
  resources: ["events"]
  verbs: ["create", "patch"]
`
	)
	all := grant.Grants{Resources: []grant.Resource{{Groups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}}}}
	inShops := grant.Grants{Resources: []grant.Resource{{
		Groups: []string{""}, Resources: []string{"*"}, Verbs: []string{"*"}, Namespaces: []string{"shop", "shop-test"},
	}}}
	collector := &plugin{path: "collector.wasm", description: &abi.Description{
		Resources: []abi.Resource{{Group: abi.AnyResource, Resource: abi.AnyResource, Reads: []string{"get", "watch"}, Writes: []string{"delete"}}},
	}}
	tests := []struct {
		reason  string
		plugins map[*plugin]grant.Grants
		cluster string
	}{
		{"what one of them watches, in all namespaces, since caches have all", map[*plugin]grant.Grants{wishful(): inShops}, `# It fills caches with what plugins watch.
- apiGroups: [""]
  resources: ["pods"]
  verbs: ["list", "watch"]
`},
		{"a plugin that is granted nothing", map[*plugin]grant.Grants{wishful(): {}}, ``},
		{"everything", map[*plugin]grant.Grants{wishful(): all, collector: all},
			`# It fills caches with everything, Secrets included, which these plugins watch: collector.
- apiGroups: ["*"]
  resources: ["*"]
  verbs: ["list", "watch"]
`},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			h := newHostRoles("me", "accounts", elect.DefaultConfiguration())
			for p, g := range test.plugins {
				h.serve(p, g, "of-"+p.name())
				h.serve(p, g, "of-wishful") // which it shares
			}
			want := map[string]string{
				"ClusterRole": test.cluster + nobody, "Role kube-system": leader,
				"Role accounts": `# It requests the tokens of these accounts, and so can do what they can.
- apiGroups: [""]
  resources: ["serviceaccounts/token"]
  verbs: ["create"]
  resourceNames: ["of-wishful"]
`,
			}
			if len(test.plugins) > 1 {
				want["Role accounts"] = strings.ReplaceAll(want["Role accounts"], `["of-wishful"]`, `["of-collector", "of-wishful"]`)
			}
			got := map[string]string{}
			for document := range strings.SplitSeq(h.String(), "---\n") {
				head, rules, isRole := strings.Cut(document, "rules:\n")
				if _, namespace, in := strings.Cut(head, "namespace: "); isRole && in {
					got["Role "+strings.TrimSpace(namespace)] = rules
				} else if isRole {
					got["ClusterRole"] = rules
				} else if !strings.Contains(document, "subjects:\n- apiGroup: rbac.authorization.k8s.io\n  kind: User\n  name: \"me\"\n") {
					t.Errorf("neither a role nor the user's binding:\n%s", document)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}
