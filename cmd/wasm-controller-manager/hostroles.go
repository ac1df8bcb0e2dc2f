// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-base/config"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

// hostRoles are what the host itself needs when plugins have their own accounts:
// to fill its caches with what they watch, to request their tokens, and to lead.
// It writes nothing that its controllers write.
type hostRoles struct {
	user     string
	lease    config.LeaderElectionConfiguration // of which the name and the namespace count
	accounts string                             // the namespace of the plugins' ServiceAccounts
	// watched has resources by group, and for each the plugins that watch it.
	watched map[string]map[string][]string
	names   []string // of the ServiceAccounts
}

func newHostRoles(user, accounts string, lease config.LeaderElectionConfiguration) *hostRoles {
	return &hostRoles{user: user, accounts: accounts, lease: lease, watched: map[string]map[string][]string{}}
}

// serve adds what a plugin takes.
func (h *hostRoles) serve(p *plugin, g grant.Grants, account string) {
	h.names = append(h.names, account)
	for _, rule := range grant.Effective(p.description, g) {
		if !slices.Contains(rule.Verbs, "watch") {
			continue
		}
		for _, group := range rule.Groups {
			if h.watched[group] == nil {
				h.watched[group] = map[string][]string{}
			}
			for _, resource := range rule.Resources {
				if by := h.watched[group][resource]; !slices.Contains(by, p.name()) {
					h.watched[group][resource] = append(by, p.name())
				}
			}
		}
	}
}

// String returns the objects as YAML.
func (h *hostRoles) String() string {
	leaseIn := []string{h.lease.ResourceNamespace}
	r := &roles{name: name, subject: subject{kind: user, name: h.user}, namespaced: map[string][]roleRule{}}
	r.cluster = append(h.caches(), roleRule{
		groups: []string{"authentication.k8s.io"}, resources: []string{"tokenreviews"}, verbs: []string{"create"},
		comments: []string{"It asks who calls its own endpoints, if it is the user of --authentication-kubeconfig,"},
	}, roleRule{
		groups: []string{"authorization.k8s.io"}, resources: []string{"subjectaccessreviews"}, verbs: []string{"create"},
		comments: []string{"and whether they may, if it is the user of --authorization-kubeconfig."},
	})
	r.add([]string{metav1.NamespaceSystem}, roleRule{
		groups: []string{""}, resources: []string{"configmaps"}, verbs: []string{"get", "list", "watch"}, names: []string{"extension-apiserver-authentication"},
	})
	r.add([]string{h.accounts}, roleRule{
		groups: []string{""}, resources: []string{"serviceaccounts/token"}, verbs: []string{"create"}, names: h.accountNames(),
		comments: []string{"It requests the tokens of these accounts, and so can do what they can."},
	})
	leases := []string{"coordination.k8s.io"}
	r.add(leaseIn, roleRule{
		groups: leases, resources: []string{"leases"}, verbs: []string{"get", "update", "watch"}, names: []string{h.lease.ResourceName},
		comments: []string{"It elects a leader, and reports Events about the Lease."},
	})
	r.add(leaseIn, roleRule{
		groups: leases, resources: []string{"leases"}, verbs: []string{"create"},
		comments: []string{"RBAC cannot limit create to names."},
	})
	r.add(leaseIn, roleRule{groups: []string{""}, resources: []string{"events"}, verbs: []string{"create", "patch"}})
	return r.String()
}

// caches returns the rules for what is watched, which is one if it is everything.
func (h *hostRoles) caches() []roleRule {
	verbs := []string{"list", "watch"}
	if all := h.watched["*"]["*"]; len(all) > 0 {
		return []roleRule{{
			groups: []string{"*"}, resources: []string{"*"}, verbs: verbs,
			comments: []string{"It fills caches with everything, Secrets included, which these plugins watch: " + strings.Join(all, ", ") + "."},
		}}
	}
	var rules []roleRule
	for _, group := range slices.Sorted(maps.Keys(h.watched)) {
		rules = append(rules, roleRule{groups: []string{group}, resources: slices.Sorted(maps.Keys(h.watched[group])), verbs: verbs})
	}
	if len(rules) > 0 {
		rules[0].comments = []string{"It fills caches with what plugins watch."}
	}
	return rules
}

// accountNames returns the names of the accounts, each once.
func (h *hostRoles) accountNames() []string {
	slices.Sort(h.names)
	return slices.Compact(h.names)
}
